import { Agent, request } from "node:http";
import { STAFF_CLAIMS, startSubgraph, type TestSubgraph } from "../support/subgraph";
import { basic, WEBHOOK_PASSWORD, WEBHOOK_USER } from "../support/webhooks";

// With the limits as they are by default: what a router, a proxy or a test may do must not look like an attack.

const SECRET = "the-router's-secret";
const QUERY = '{"query":"{ me { id } }"}';

let subgraph: TestSubgraph;
afterEach(() => subgraph.stop());

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Each on a connection of its own, and all connections open before the first one is closed. */
async function sendAll(many: number, sent: (index: number) => Sent): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: many, maxFreeSockets: many });
  const statuses = await Promise.all(
    Array.from({ length: many }, (_, index) => {
      const { path, headers, body } = sent(index);
      return new Promise<number>((resolve, reject) => {
        const all = { "content-type": "application/json", ...headers };
        const one = request(`${subgraph.url}${path}`, { method: "POST", agent, headers: all }, (answer) => {
          answer.resume().once("end", () => {
            resolve(answer.statusCode ?? 0);
          });
        });
        one.on("error", reject).end(body);
      });
    }),
  );
  agent.destroy();
  return statuses;
}

test("500 connections of one router are all answered", async () => {
  subgraph = await startSubgraph({ ROUTER_SECRETS: SECRET });
  const authorization = `Bearer ${await subgraph.token(STAFF_CLAIMS)}`;
  const headers = { authorization, "router-authorization": SECRET };
  const statuses = await sendAll(500, () => ({ path: "/graphql", headers, body: QUERY }));
  expect(statuses).toEqual(Array(500).fill(200));
});

test("300 parallel reads from one address in the sandbox are all answered", async () => {
  subgraph = await startSubgraph({ LIMIT_CONNECTIONS_PER_ADDRESS: "10" }); // without a secret, it does not count
  const headers = { authorization: `Bearer ${await subgraph.token(STAFF_CLAIMS)}` };
  const query = (index: number) => JSON.stringify({ query: `{ user(id: "m-${index}") { benefits { id } } }` });
  const statuses = await sendAll(300, (index) => ({ path: "/graphql", headers, body: query(index) }));
  expect(statuses).toEqual(Array(300).fill(200));
});

test("300 events through one proxy are all taken", async () => {
  subgraph = await startSubgraph({ ROUTER_SECRETS: SECRET });
  const authorization = basic(WEBHOOK_USER, WEBHOOK_PASSWORD);
  const statuses = await sendAll(300, (index) => ({
    path: "/webhooks/avibra",
    headers: { authorization, "idempotency-key": `key-${index}` },
    body: JSON.stringify({ eventname: "x", userid: `m-${index}` }),
  }));
  expect(statuses).toEqual(Array(300).fill(200));
});

test("webhook credentials count like a router's secret: more of their connections than strangers may have stay open", async () => {
  subgraph = await startSubgraph({ ROUTER_SECRETS: SECRET, LIMIT_CONNECTIONS_PER_ADDRESS: "3" });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (own: Agent) =>
    new Promise<boolean>((resolve, reject) => {
      const headers = { authorization: basic(WEBHOOK_USER, WEBHOOK_PASSWORD), "content-type": "application/json" };
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
