import { Agent, request } from "node:http";
import { openSocket, formatRequest } from "../kit/http/minimal-server";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { basicAuth, WEBHOOK_PASSWORD, WEBHOOK_USER } from "../kit/http/webhooks";

// With the limits as they are by default: what a router, a proxy or a test may do must not look like an attack.

const SECRET = "the-router's-secret";
const QUERY = '{"query":"{ me { id } }"}';

let subgraph: TestSubgraph;
afterEach(() => subgraph.stop());

/** All connections are open, and accepted, before the first request is sent. */
async function sendAll(many: number, requestBytes: (index: number) => string): Promise<(string | undefined)[]> {
  const port = Number(new URL(subgraph.url).port);
  const clients = Array.from({ length: many }, () => openSocket(port));
  for (const client of clients) await client.waitForConnection();
  const last = openSocket(port, formatRequest("GET /health/live", { connection: "close" }));
  await last.waitForText("HTTP/1.1 200"); // it is accepted after all of them
  for (const [index, { socket }] of clients.entries()) socket.write(requestBytes(index));
  const statuses: (string | undefined)[] = [];
  for (const client of clients) {
    const received = await Promise.race([client.waitForText(/^HTTP\/1.1 \d+/), client.waitForEnd()]);
    statuses.push(/^HTTP\/1.1 (\d+)/.exec(received)?.[1]);
  }
  for (const { socket } of clients) socket.destroy();
  return statuses;
}

const postOf = (path: string, headers: Readonly<Record<string, string>>, body: string) =>
  formatRequest(
    `POST ${path}`,
    { "content-type": "application/json", "content-length": `${body.length}`, ...headers },
    body,
  );

test("500 connections of one router are all answered", async () => {
  subgraph = await startSubgraph({ ROUTER_SECRETS: SECRET });
  const authorization = `Bearer ${await subgraph.token(STAFF_CLAIMS)}`;
  const headers = { authorization, "router-authorization": SECRET };
  const statuses = await sendAll(500, () => postOf("/graphql", headers, QUERY));
  expect(statuses).toEqual(Array(500).fill("200"));
});

test("300 parallel reads from one address are all answered if there is no router secret", async () => {
  subgraph = await startSubgraph({ LIMIT_CONNECTIONS_PER_ADDRESS: "10" }); // without a secret, it does not count
  const headers = { authorization: `Bearer ${await subgraph.token(STAFF_CLAIMS)}` };
  const query = (index: number) => JSON.stringify({ query: `{ user(id: "m-${index}") { benefits { id } } }` });
  const statuses = await sendAll(300, (index) => postOf("/graphql", headers, query(index)));
  expect(statuses).toEqual(Array(300).fill("200"));
});

test("300 events through one proxy are all accepted", async () => {
  subgraph = await startSubgraph({ ROUTER_SECRETS: SECRET });
  const authorization = basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD);
  const statuses = await sendAll(300, (index) =>
    postOf(
      "/webhooks/avibra",
      { authorization, "idempotency-key": `key-${index}` },
      JSON.stringify({ eventname: "x", userid: `m-${index}` }),
    ),
  );
  expect(statuses).toEqual(Array(300).fill("200"));
});

test("webhook credentials count like a router's secret: more of their connections than strangers may have stay open", async () => {
  subgraph = await startSubgraph({ ROUTER_SECRETS: SECRET, LIMIT_CONNECTIONS_PER_ADDRESS: "3" });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (own: Agent) =>
    new Promise<boolean>((resolve, reject) => {
      const headers = { authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD), "content-type": "application/json" };
      const one = request(`${subgraph.url}/webhooks/avibra`, { method: "POST", agent: own, headers }, (answer) => {
        answer.resume().once("end", () => {
          resolve(one.reusedSocket);
        });
      });
      one.on("error", reject).end('{"eventname":"x","userid":"m-1"}');
    });
  const agents = [agent, ...Array.from({ length: 9 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))];
  for (const own of agents) expect(await post(own)).toBe(false);
  for (const own of agents) expect(await post(own)).toBe(true); // none was closed meanwhile
  for (const own of agents) own.destroy();
});
