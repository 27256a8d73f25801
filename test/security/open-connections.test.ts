import { waitForGauge } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { openSocket, formatRequest } from "../kit/http/minimal-server";
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

type Client = ReturnType<typeof openSocket>;

/** The server has destroyed it: what is written to it comes back as a reset. */
const untilDestroyed = ({ socket }: Client) =>
  waitFor(() => {
    if (!socket.destroyed) socket.write("x");
    return socket.destroyed ? true : undefined;
  }, 25_000);

describe("a WebSocket ends, though its client does not end it", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph({ WEBSOCKET_INIT_TIMEOUT_MS: "300", SUBSCRIPTION_HEARTBEAT_MS: "300" });
  });
  afterAll(() => subgraph.stop());

  /** A message of a client, masked with zeros. */
  const frame = (text: string) =>
    `\x81${String.fromCharCode(0x80 | 126, text.length >> 8, text.length & 255)}\0\0\0\0${text}`;

  test.each([
    ["says nothing after its handshake", () => ""],
    ["begins a message and never ends it", () => PARTIAL_FRAME],
    ["says who it is and nothing after that", (init: string) => frame(init)],
    ["says who it is and begins a message", (init: string) => frame(init) + PARTIAL_FRAME],
    ["sends what is no frame", () => "\xff\xff\xff\xff"],
  ])("that %s", async (_what, bytesOf) => {
    const token = await subgraph.token(STAFF_CLAIMS);
    const init = JSON.stringify({ type: "connection_init", payload: { token } });
    const client = openSocket(Number(new URL(subgraph.url).port), formatRequest("GET /graphql", WEBSOCKET));
    await client.waitForText("HTTP/1.1 101");
    client.socket.write(Buffer.from(bytesOf(init), "latin1"));
    await waitFor(() => (client.hasEnded() ? true : undefined));
    await untilDestroyed(client);
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
  });
});

test("at a stop, a request that is arriving is waited for and answered; whatever is silent is ended", async () => {
  const subgraph = await startSubgraph({ SHUTDOWN_TIMEOUT_MS: "60000" });
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
  expect(arriving.received()).toContain('{"data":{"me":{"id":"u-1001"}}}');
  await stopped;
  for (const client of silent) await untilDestroyed(client);
});
