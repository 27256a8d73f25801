import { waitForGauge } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { formatRequest, openSocket, type OpenSocket } from "../kit/http/minimal-server";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

const KEY = { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-version": "13" };
const WEBSOCKET = {
  ...KEY,
  connection: "upgrade",
  upgrade: "websocket",
  "sec-websocket-protocol": "graphql-transport-ws",
};
const PARTIAL_FRAME = "\x81\xfe"; // a text of a length that never comes

/** The server has destroyed it: what is written to it comes back as a reset. */
const waitUntilDestroyed = ({ socket }: OpenSocket) =>
  waitFor(() => {
    if (!socket.destroyed) socket.write("x");
    return socket.destroyed ? true : undefined;
  });

describe("a WebSocket is closed by the server, though its client never closes it,", () => {
  let subgraph: TestSubgraph;
  /** All clients at the same time; each test judges its own. */
  const closings = new Map<string, Promise<unknown>>();

  /** A message of a client, masked with zeros. */
  const frame = (text: string) =>
    `\x81${String.fromCharCode(0x80 | 126, text.length >> 8, text.length & 255)}\0\0\0\0${text}`;
  const CASES: readonly (readonly [string, (init: string) => string])[] = [
    ["sends nothing after its handshake", () => ""],
    ["sends a part of a message", () => PARTIAL_FRAME],
    ["sends nothing after connection_init", frame],
    ["sends a part of a message after connection_init", (init) => frame(init) + PARTIAL_FRAME],
    ["sends bytes that are not a frame", () => "\xff\xff\xff\xff"],
  ];

  async function runCase(bytesOf: (init: string) => string, init: string): Promise<void> {
    const client = openSocket(Number(new URL(subgraph.url).port), formatRequest("GET /graphql", WEBSOCKET));
    await client.waitForText("HTTP/1.1 101");
    client.socket.write(Buffer.from(bytesOf(init), "latin1"));
    await client.waitForEnd();
    await waitUntilDestroyed(client);
  }
  beforeAll(async () => {
    subgraph = await startSubgraph({ WEBSOCKET_INIT_TIMEOUT_MS: "300", SUBSCRIPTION_HEARTBEAT_MS: "300" });
    const token = await subgraph.token(STAFF_CLAIMS);
    const init = JSON.stringify({ type: "connection_init", payload: { token } });
    for (const [what, bytesOf] of CASES) {
      const closing = runCase(bytesOf, init);
      closing.catch(() => undefined); // the test reports it
      closings.set(what, closing);
    }
  });
  afterAll(() => subgraph.stop());

  test.each(CASES)("if the client %s", async (what) => {
    await expect(closings.get(what)).resolves.toBeUndefined();
  });

  test("and no longer counts as open", async () => {
    await Promise.all(closings.values());
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
  });
});

test("a shutdown waits for a request that is arriving, and closes connections without one", async () => {
  const subgraph = await startSubgraph({ SHUTDOWN_TIMEOUT_MS: "600000", RECEIVE_TIMEOUT_MS: "600000" });
  const port = Number(new URL(subgraph.url).port);
  const body = JSON.stringify({ query: "{ me { id } }" });
  const head = formatRequest("POST /graphql", {
    authorization: `Bearer ${await subgraph.token(STAFF_CLAIMS)}`,
    "content-type": "application/json",
    "content-length": `${body.length}`,
  });
  const silent = [openSocket(port), openSocket(port, "GET /"), openSocket(port, formatRequest("GET /health/live"))];
  for (const client of silent) await client.waitForConnection();
  const arriving = openSocket(port, head + body.slice(0, 10));
  await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 2); // and the one that asks
  const stopped = subgraph.stop();
  await waitFor(async () => ((await fetch(`${subgraph.url}/metrics`)).status === 503 ? true : undefined));
  arriving.socket.write(body.slice(10));
  await arriving.waitForText("HTTP/1.1 200");
  expect(arriving.received()).toContain(`{"data":{"me":{"id":"${MEMBER_ID}"}}}`);
  await stopped;
  for (const client of silent) await waitUntilDestroyed(client);
});
