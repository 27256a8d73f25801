import { waitFor } from "../kit/wait-for";
import { openSocket, formatRequest } from "../kit/http/minimal-server";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { waitForGauge } from "../kit/http/metrics";

// RFC 9110, 10.1.1: a request that is refused anyway gets its final status, and never `100 Continue` before it.

const JSON_TYPE = { "content-type": "application/json" };
const WAITING = { ...JSON_TYPE, "content-length": "26", expect: "100-continue" };

let subgraph: TestSubgraph;
/** Once the last test has stopped it. */
let stopped: Promise<void> | undefined;
beforeAll(async () => {
  subgraph = await startSubgraph({ SHUTDOWN_TIMEOUT_MS: "600000", RECEIVE_TIMEOUT_MS: "600000" });
});
afterAll(() => stopped ?? subgraph.stop());

const open = (bytes: string) => openSocket(Number(new URL(subgraph.url).port), bytes);
/** The status line that a request without its body is answered with first. */
async function firstStatus(line: string, headers: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const client = open(formatRequest(line, { ...WAITING, ...headers }));
  const heard = await client.waitForText(/HTTP\/1\.1 \d{3}/);
  client.socket.destroy();
  return /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1];
}

test.each([
  ["another method than GET and POST", "PUT /graphql", {}, "405"],
  ["no such path", "POST /none", {}, "404"],
  ["another media type", "POST /graphql", { "content-type": "text/plain" }, "415"],
  ["no media type", "POST /graphql", { "content-type": "" }, "415"],
  ["a body that is too large", "POST /graphql", { "content-length": "100000000" }, "413"],
  ["a webhook without credentials", "POST /webhooks/avibra", {}, "401"],
])("%s is refused without asking for the body", async (_what, line, headers, status) => {
  expect(await firstStatus(line, headers)).toBe(status);
});

test.each(["application/json", "application/json; charset=utf-8", "APPLICATION/JSON ;charset=utf8"])(
  "the body of a request with %s that nothing is against is asked for, and answered",
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

test("while the server is closing, a request is refused without asking for its body", async () => {
  const arriving = open(formatRequest("POST /graphql", { ...JSON_TYPE, "content-length": "26" }));
  await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 2); // and the one that asks
  stopped = subgraph.stop();
  await waitFor(async () => ((await fetch(`${subgraph.url}/metrics`)).status === 503 ? true : undefined));
  expect(await firstStatus("POST /graphql")).toBe("503");
  arriving.socket.destroy();
  await stopped;
});
