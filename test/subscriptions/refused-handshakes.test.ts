import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createHttpServer } from "../../src/platform/http/server/http-server";
import { registerLifecycle } from "../../src/platform/http/server/lifecycle";
import { createAdmission } from "../../src/platform/http/server/admission";
import { createLogger } from "../../src/platform/observability/logger";
import { waitForGauge } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { UNLIMITED_CONNECTIONS } from "../kit/http/connection-limits";

const running: TestSubgraph[] = [];
const clients: Socket[] = [];
async function start(environment: Readonly<Record<string, string>> = {}): Promise<TestSubgraph> {
  const subgraph = await startSubgraph({ SHUTDOWN_TIMEOUT_MS: "300", ...environment });
  running.push(subgraph);
  return subgraph;
}
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const subgraph of running.splice(0)) await subgraph.stop();
});

const KEY = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n";

/** A handshake of a client who never ends its side of the connection; the status, once the server has ended its own. */
async function handshake({ url }: Pick<TestSubgraph, "url">, headers: string, { path = "/graphql", more = "" } = {}) {
  const socket = connect({ port: Number(new URL(url).port), allowHalfOpen: true });
  clients.push(socket);
  const errors: Error[] = [];
  socket.on("error", (error) => errors.push(error));
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n${more}`);
  await Promise.race([once(socket, "end"), once(socket, "close")]);
  return { socket, errors, status: Number(heard.split(" ")[1]) };
}

describe("a handshake that is refused", () => {
  test.each([
    ["without the router's secret", 401, { ROUTER_SECRETS: "the-router-secret-0123456789" }, KEY, {}],
    ["from a page of another origin", 403, {}, `${KEY}origin: https://evil.example\r\n`, {}],
    ["as no handshake", 400, {}, "", {}],
    ["where there is nothing", 404, {}, KEY, { path: "/nothing" }],
  ])(
    "%s has its whole connection ended, though its client keeps it",
    async (_why, status, environment, headers, to) => {
      const subgraph = await start(environment);
      const refused = await handshake(subgraph, headers, to);
      expect(refused.status).toBe(status);
      // Who has gone answers what comes with a reset; who merely says no more takes it without a word.
      await waitFor(() => {
        refused.socket.write("x");
        return refused.errors.length > 0 || undefined;
      }, 2000);
    },
  );

  test("keeps no shutdown waiting, and neither does one who has said a byte more", async () => {
    const subgraph = await start({ ROUTER_SECRETS: "the-router-secret-0123456789" });
    await handshake(subgraph, KEY);
    await handshake(subgraph, KEY, { more: "x" }).catch(() => undefined);
    running.length = 0;
    const startedAt = performance.now();
    await subgraph.stop();
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  test("gives its room back at once: many of them leave GraphQL its own", async () => {
    const subgraph = await start({ LIMIT_CONCURRENT_REQUESTS: "5" });
    for (let n = 0; n < 20; n += 1) {
      const { status } = await handshake(subgraph, `${KEY}origin: https://evil.example\r\n`);
      expect(status).toBe(403);
    }
    expect((await subgraph.graphql("{ me { id } }")).data).toEqual({ me: { id: "u-1001" } });
    await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 1); // the one that asks
  });
});

test("a handshake that nobody answers is ended with the server, once it has had the time that requests have", async () => {
  const server = createHttpServer({
    logger: createLogger("silent"),
    maxBodyBytes: 1024,
    maxHeaderBytes: 16_384,
    admission: createAdmission({ maxRequests: 10, maxTotalBodyBytes: 10_000 }),
    connections: UNLIMITED_CONNECTIONS,
    isAuthorizedRouter: () => true,
  });
  const { promise: asked, resolve } = Promise.withResolvers<undefined>();
  server.get("/never", () => {
    resolve(undefined);
    return new Promise(() => undefined);
  });
  const lifecycle = registerLifecycle(server, {
    inFlight: () => 0,
    checks: {},
    reports: {},
    drainDelayMs: 0,
    drainTimeoutMs: 100,
    endSubscriptions: () => Promise.resolve(),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const answer = handshake({ url }, KEY, { path: "/never" });
  await asked;
  await lifecycle.stop();
  expect((await answer).status).toBeNaN();
});
