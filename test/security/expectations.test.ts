import { waitFor } from "../kit/wait-for";
import { openSocket, formatRequest } from "../kit/http/minimal-server";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { waitForGauge } from "../kit/http/metrics";

// RFC 9110, 10.1.1: a request that is rejected anyway gets its final status without `100 Continue` before it.

const JSON_TYPE = { "content-type": "application/json" };
const WAITING = { ...JSON_TYPE, "content-length": "26", expect: "100-continue" };

let subgraph: TestSubgraph;
/** Set when the last test has stopped the subgraph. */
let stopped: Promise<void> | undefined;
beforeAll(async () => {
  subgraph = await startSubgraph({ SHUTDOWN_TIMEOUT_MS: "600000", RECEIVE_TIMEOUT_MS: "600000" });
});
afterAll(() => stopped ?? subgraph.stop());

const open = (bytes: string) => openSocket(Number(new URL(subgraph.url).port), bytes);
/** The first status that a client receives before it sends its body. */
async function firstStatus(line: string, headers: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const client = open(formatRequest(line, { ...WAITING, ...headers }));
  const received = await client.waitForText(/HTTP\/1\.1 \d{3}/);
  client.socket.destroy();
  return /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
}

test.each([
  ["a PUT", "PUT /graphql", {}, "405"],
  ["an unknown path", "POST /none", {}, "404"],
  ["an unsupported media type", "POST /graphql", { "content-type": "text/plain" }, "415"],
  ["no media type", "POST /graphql", { "content-type": "" }, "415"],
  ["a body over LIMIT_BODY_BYTES", "POST /graphql", { "content-length": "100000000" }, "413"],
  ["a webhook without credentials", "POST /webhooks/avibra", {}, "401"],
])(
  "a request with Expect: 100-continue and %s is rejected without 100 Continue",
  async (_what, line, headers, status) => {
    expect(await firstStatus(line, headers)).toBe(status);
  },
);

test.each(["application/json", "application/json; charset=utf-8", "APPLICATION/JSON ;charset=utf8"])(
  "a valid request with Expect: 100-continue and %s gets 100 Continue, then its response",
  async (type) => {
    const body = '{"query":"{ __typename }"}';
    const token = await subgraph.token(STAFF_CLAIMS);
    const client = open(
      formatRequest("POST /graphql", { ...WAITING, "content-type": type, authorization: `Bearer ${token}` }),
    );
    await client.waitForText("HTTP/1.1 100 Continue\r\n\r\n");
    client.socket.write(body);
    await client.waitForText('{"data":{"__typename":"Query"}}');
    client.socket.destroy();
  },
);

test("a request with Expect: 100-continue is rejected with 503 and without 100 Continue during shutdown", async () => {
  const arriving = open(formatRequest("POST /graphql", { ...JSON_TYPE, "content-length": "26" }));
  await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 2); // and the one that asks
  stopped = subgraph.stop();
  await waitFor(async () => ((await fetch(`${subgraph.url}/metrics`)).status === 503 ? true : undefined));
  expect(await firstStatus("POST /graphql")).toBe("503");
  arriving.socket.destroy();
  await stopped;
});
