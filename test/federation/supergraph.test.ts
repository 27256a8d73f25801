import { startApolloGateway } from "./gateways/apollo";
import { startClientSide } from "./gateways/client-side";
import { EXAMPLES, expectDone } from "./gateways/examples";
import {
  choosePorts,
  type Command,
  expectBannersQueryToSucceed,
  killCommands,
  run,
  runSupergraph,
  startCommand,
} from "./gateways/supergraph-command";
import { freePort } from "../kit/free-port";
import { createGraphqlClient } from "../kit/http/graphql-client";
import { startHttpServer } from "../kit/http/http-server";
import { subscribeBySse } from "../kit/subscriptions/sse";
import { startUnconfirmedOperation } from "../kit/operations/unconfirmed";
import { readText } from "../kit/pages";
import { createSandboxControl } from "../kit/sandbox-control";
import { MEMBER_ID } from "../kit/seeds/ids";
import { connectAs } from "../kit/subscriptions/websocket";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

const TOKEN_PATH = /'http:\/\/127\.0\.0\.1:4000(\/dev\/token\S+)'/.exec(readText("docs/platform/router.md"))?.[1] ?? "";
afterAll(killCommands);

describe("npm run supergraph", () => {
  let command: Command;
  beforeAll(async () => {
    command = await startCommand();
  });

  test("prints the URLs of the playground and of Hive Gateway", () => {
    expect(command.banner).toContain(`Playground  ${command.origin}/ `);
    expect(command.banner).toContain(`Supergraph  ${command.origin}/graphql   (subgraphs`);
    expect(command.banner).toContain("behind Hive Gateway");
  });

  test("prints a query that answers without errors, as printed", () => expectBannersQueryToSucceed(command));

  test("prints a subscription that receives the member's events, as printed", async () => {
    const { commandOf, ports } = command;
    const shell = run("sh", ["-c", `${commandOf("A token")}\n${commandOf("Subscribe")}`]);
    const avibra = createSandboxControl(`http://127.0.0.1:${ports["AVIBRA_SANDBOX_PORT"] ?? ""}`);
    await waitFor(async () => {
      // An event before the subscription is not sent: each turn sends another one.
      await avibra.sendEvent({ eventname: "offer_upgrade_successful", userid: MEMBER_ID });
      return shell.output().includes('{"data":{"userEvents":{"kind":"OFFER_UPGRADE_SUCCESSFUL"}}}') || undefined;
    });
    shell.killGroup("SIGTERM");
    await shell.waitUntilGone();
  });

  test("sends operationSettled by SSE and by WebSocket, after an unconfirmed operation has settled", async () => {
    const { origin, ports, token } = command;
    const delbank = createSandboxControl(`http://127.0.0.1:${ports["DELBANK_SANDBOX_PORT"] ?? ""}`);
    const client = createGraphqlClient(`${origin}/graphql`, { getToken: token });
    const operation = await startUnconfirmedOperation({ ...client, delbank });
    const query = `subscription { operationSettled(id: "${operation.id}") { id status } }`;
    const settled = { operationSettled: { id: operation.id, status: "SUCCEEDED" } };

    const webSocket = await connectAs({ url: origin, token }, { claims: PAYER_CLAIMS });
    webSocket.subscribe("1", query);
    const sse = await subscribeBySse(`${origin}/graphql`, token, { query, claims: PAYER_CLAIMS });
    await operation.confirm();
    expect(await webSocket.waitForCompletion("1")).toMatchObject([
      { type: "next", payload: { data: settled } },
      { type: "complete" },
    ]);
    await sse.ended;
    expect(sse.received()).toContain(JSON.stringify({ data: settled }));
    await webSocket.close();
  });

  test("serves the playground and the reference at the gateway, and sends browsers there from the endpoint", async () => {
    const { origin } = command;
    const visit = (path: string) =>
      fetch(`${origin}${path}`, { headers: { accept: "text/html,*/*" }, redirect: "manual" });
    const endpoint = await visit("/graphql");
    expect([endpoint.status, endpoint.headers.get("location")]).toEqual([302, "/"]);
    const playground = await (await visit("/")).text();
    expect(playground).toContain('<meta name="graphql-endpoint" content="/graphql">');
    expect(playground).toContain('<meta name="developer-token-url" content="/dev/token">');
    for (const path of ["/docs", "/playground/main.js", "/playground/main.css", "/favicon.svg"]) {
      expect((await visit(path)).status).toBe(200);
    }
    const metrics = await fetch(`${origin}/metrics`); // of the subgraph, only what pages need is served
    expect(await metrics.text()).not.toContain("benefits_pix_");
  });

  test("ends every process at Ctrl-C", async () => {
    command.killGroup("SIGINT");
    expect([0, 130]).toContain(await command.exit);
    await command.waitUntilGone();
  });
});

test("GATEWAY=apollo npm run supergraph responds to the documented commands, and ends all its processes on SIGTERM", async () => {
  const command = await startCommand({ GATEWAY: "apollo" });
  expect(command.banner).toContain("behind @apollo/gateway");
  expect(command.commandOf("Subscribe")).toBe("");
  await expectBannersQueryToSucceed(command);
  expect(command.banner).toContain(`${command.origin}${TOKEN_PATH}`);
  const { token } = (await (await fetch(`${command.origin}${TOKEN_PATH}`)).json()) as { token: string };
  const client = createGraphqlClient(`${command.origin}/graphql`, { getToken: () => Promise.resolve(token) });
  for (const { query, variables, caller } of EXAMPLES) {
    expectDone(query, (await (await client.post(query, { variables, claims: caller })).json()) as object);
  }
  expect(command.isRunning()).toBe(true);
  command.kill("SIGTERM");
  expect(await command.exit).toBe(0);
  await command.waitUntilGone();
});

describe("npm run supergraph ends with exit code 1 and leaves no process", () => {
  async function expectFailure(environment: Readonly<Record<string, string>>, message: string): Promise<void> {
    const command = runSupergraph({ ...(await choosePorts()), ...environment });
    expect(await command.exit).toBe(1);
    expect(command.output()).toBe(`${message}\n`);
    await command.waitUntilGone();
  }

  test("if the port of a variable is in use, and says so", async () => {
    const other = await startHttpServer((_request, response) => response.end());
    await expectFailure({ DELBANK_SANDBOX_PORT: `${other.port}` }, `DELBANK_SANDBOX_PORT: ${other.port} is in use`);
    await other.close();
  });

  test("if several ports cannot be used, and names each", async () => {
    const other = await startHttpServer((_request, response) => response.end());
    const same = `${await freePort()}`;
    await expectFailure(
      { GATEWAY_PORT: `${other.port}`, PORT: "http", AVIBRA_SANDBOX_PORT: same, DELBANK_SANDBOX_PORT: same },
      `GATEWAY_PORT: ${other.port} is in use
PORT: must be a whole number from 1 to 65535
DELBANK_SANDBOX_PORT: ${same} is in use`,
    );
    await other.close();
  });

  test("if GATEWAY is unknown, and says what it may be", () =>
    expectFailure({ GATEWAY: "rover" }, "GATEWAY: must be one of: hive, apollo, apollo-router, hive-router"));

  test("if GATEWAY is a router whose variable is not set, and names the variable", () =>
    expectFailure(
      { GATEWAY: "hive-router", HIVE_ROUTER: "" },
      "GATEWAY: set HIVE_ROUTER to the program of Hive Router",
    ));
});

test("a client side whose port is taken meanwhile stops the gateway and the subgraphs that it has started", async () => {
  const other = await startHttpServer((_request, response) => response.end());
  const { promise: stopped, resolve } = Promise.withResolvers<string>();
  const starting = startClientSide("http://127.0.0.1:9", {
    port: other.port,
    async startGateway(options) {
      const gateway = await startApolloGateway(options);
      return {
        ...gateway,
        async stop() {
          await gateway.stop();
          resolve("stopped");
        },
      };
    },
  });
  await expect(starting).rejects.toThrow("EADDRINUSE");
  expect(await stopped).toBe("stopped");
  await other.close();
});
