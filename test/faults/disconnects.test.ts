import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { readMetric, waitForGauge } from "../kit/http/metrics";
import { type ProviderGateway, startProviderGateway } from "../kit/network/provider-gateway";
import { MEMBER_ID } from "../kit/seeds/ids";
import { fetchOperation, findMutation, MUTATIONS, toDocument } from "../kit/seeds/mutations";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { connectAs } from "../kit/subscriptions/websocket";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

const BENEFITS = "/user/benefits/";
const AUTHORIZATIONS = "/baas/api/v1/automatic-pix/authorizations/";
const benefitsOf = (id: string) => `{ user(id: "${id}") { benefits { id } } }`;
const CONCURRENCY = 4;

let subgraph: TestSubgraph;
let avibraGateway: ProviderGateway;
let delbankGateway: ProviderGateway;
const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown) => void unhandled.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", noteUnhandled);
  avibraGateway = await startProviderGateway(() => subgraph.avibra.url);
  delbankGateway = await startProviderGateway(() => subgraph.delbank.url);
  subgraph = await startSubgraph({
    AVIBRA_BASE_URL: avibraGateway.url,
    DELBANK_BASE_URL: `${delbankGateway.url}/baas/api/v1`,
    AVIBRA_CONCURRENCY: `${CONCURRENCY}`,
    QUEUE_LENGTH: "2000",
    LIMIT_CONCURRENT_REQUESTS: "2000",
    LIMIT_CONNECTIONS_PER_ADDRESS: "0",
    BREAKER_MIN_CALLS: "2",
    RETRY_PERCENT: "100",
  });
});
afterAll(async () => {
  await subgraph.stop();
  await Promise.all([avibraGateway.close(), delbankGateway.close()]);
  process.off("unhandledRejection", noteUnhandled);
});
beforeEach(async () => {
  await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
  await subgraph.graphql(benefitsOf("u-1002")); // has an access token from now on
  await subgraph.avibra.clearRequests();
  subgraph.logs.length = 0;
});

const hangReads = (path = BENEFITS) =>
  subgraph.avibra.addFault({ match: { path }, kind: "hangBeforeCommit", times: 1_000_000 });
const reads = (path = BENEFITS) => subgraph.avibra.requests(path);
/** Resolves when the provider has received so many reads. */
const waitForReads = (count: number) => waitFor(async () => ((await reads()).length >= count ? true : undefined));
/** Resolves when the connection of every read so far was closed before its response. */
const waitUntilAborted = () =>
  waitFor(async () => ((await reads()).every(({ isAborted }) => isAborted) ? true : undefined));
/** Sends a request of a client that can leave. */
function ask(
  query: string,
  options: { variables?: Readonly<Record<string, unknown>>; claims?: typeof PAYER_CLAIMS } = {},
) {
  const client = new AbortController();
  const answer = subgraph.post(query, { ...options, signal: client.signal }).then(
    async (response) => response.json(),
    () => "left",
  );
  return {
    answer,
    leave: () => {
      client.abort();
    },
  };
}
/** The server sees the closed connections before requests that are sent after them. */
async function settle(): Promise<void> {
  for (let probe = 0; probe < 5; probe += 1) await fetch(`${subgraph.url}/health/live`);
}
const isIdle = async () => {
  await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 1); // this scrape
  return readMetric(subgraph, "benefits_pix_provider_requests_in_flight");
};

describe("a client that disconnects", () => {
  test("while it waits for a read ends the read at the provider, which is not a failure", async () => {
    const codes = () => readMetric(subgraph, "benefits_pix_response_errors_total");
    const codesBefore = await codes();
    await hangReads();
    for (let round = 0; round < 10; round += 1) {
      const { leave, answer } = ask(benefitsOf(MEMBER_ID));
      await waitForReads(round + 1);
      leave();
      expect(await answer).toBe("left");
      await waitUntilAborted();
    }
    expect(await reads()).toHaveLength(10); // no retries
    expect(await isIdle()).toMatchObject({ 'provider="avibra"': 0 });
    expect(Object.values(await readMetric(subgraph, "benefits_pix_circuit_breaker_state"))).not.toContain(2);
    expect(subgraph.logs.filter((line) => /"level":"(warn|error|fatal)"/.test(line))).toEqual([]);
    expect(await codes()).toEqual(codesBefore);
    await subgraph.avibra.clearFaults();
    expect((await subgraph.graphql(benefitsOf(MEMBER_ID))).data.user.benefits).toHaveLength(4);
    expect((await reads()).at(-1)).toMatchObject({ isAborted: false });
    expect(unhandled).toEqual([]);
  });

  test("while another request waits for the same read does not end it: the other one gets the response", async () => {
    const held = avibraGateway.hold(`${BENEFITS}${MEMBER_ID}`);
    const first = ask(benefitsOf(MEMBER_ID));
    await waitForReads(1);
    const second = ask(
      `{ user(id: "${MEMBER_ID}") { benefits { id } } other: user(id: "u-1002") { benefits { id } } }`,
    );
    await waitForReads(2); // that of the other member: the second request has joined the first one's read
    first.leave();
    await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 2); // the second request and this scrape
    held.release();
    expect(await second.answer).toMatchObject({ data: { user: { benefits: Array(4).fill({}) } } });
    expect(await reads(`${BENEFITS}${MEMBER_ID}`)).toHaveLength(1);
  });

  test("as the last of several that wait for the same read ends it", async () => {
    await hangReads(`${BENEFITS}${MEMBER_ID}`);
    const first = ask(benefitsOf(MEMBER_ID));
    await waitForReads(1);
    const second = ask(
      `{ user(id: "${MEMBER_ID}") { benefits { id } } other: user(id: "u-1002") { benefits { id } } }`,
    );
    await waitForReads(2);
    first.leave();
    await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 2); // the second request and this scrape
    expect((await reads())[0]).toMatchObject({ isAborted: false });
    second.leave();
    await waitFor(async () => ((await reads())[0]?.isAborted ? true : undefined));
    expect(await reads(`${BENEFITS}${MEMBER_ID}`)).toHaveLength(1);
  });

  test("between the reads of one request starts no further ones", async () => {
    await hangReads();
    const ids = Array.from({ length: 3 * CONCURRENCY }, (_, index) => `m-${index}`);
    const { leave } = ask(
      `{ ${ids.map((id, index) => `u${index}: user(id: "${id}") { benefits { id } }`).join(" ")} }`,
    );
    await waitForReads(CONCURRENCY);
    leave();
    await waitUntilAborted();
    await isIdle();
    expect(await reads()).toHaveLength(CONCURRENCY);
  });

  test("of a GET ends its read", async () => {
    await hangReads();
    const client = new AbortController();
    const authorization = `Bearer ${await subgraph.token(PAYER_CLAIMS)}`;
    const left = fetch(`${subgraph.url}/graphql?query=${encodeURIComponent(benefitsOf(MEMBER_ID))}`, {
      headers: { authorization, "apollo-require-preflight": "true" },
      signal: client.signal,
    }).catch(() => "left");
    await waitForReads(1);
    client.abort();
    expect(await left).toBe("left");
    await waitUntilAborted();
  });

  test.each(MUTATIONS)("does not end its mutation $name: it is sent once, completed and settled", async (mutation) => {
    const { vendor, name, method, path, input } = mutation;
    const [gateway, provider] =
      vendor === "avibra" ? [avibraGateway, subgraph.avibra] : [delbankGateway, subgraph.delbank];
    const prefix = vendor === "avibra" ? path : AUTHORIZATIONS;
    const held = gateway.hold(prefix); // for Pix, also the read before the cancellation
    const idempotencyKey = randomUUID();
    const variables = { input: { ...input, idempotencyKey } };
    const { leave, answer } = ask(toDocument(mutation), { variables, claims: PAYER_CLAIMS });
    await waitFor(() => (held.count() > 0 ? true : undefined));
    leave();
    expect(await answer).toBe("left");
    await settle();
    // It still counts as a request in flight, beside this scrape.
    expect(await readMetric(subgraph, "benefits_pix_http_requests_in_flight")).toEqual({ "": 2 });
    held.release();
    await isIdle();
    const sent = (await provider.requests()).filter((one) => one.method === method && one.path.includes(prefix));
    expect(sent).toEqual([expect.objectContaining({ isAborted: false })]);
    const replay = (await subgraph.graphql(toDocument(mutation), { variables, claims: PAYER_CLAIMS })).data[name];
    expect(replay.operation).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(await fetchOperation(subgraph, replay.operation.id)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("after its mutation was settled ends the reads of the response", async () => {
    const { input } = findMutation("changeOffer");
    await hangReads();
    const query = `mutation($input: ChangeOfferInput!) { changeOffer(input: $input) { user { benefits { id } } } }`;
    const { leave } = ask(query, { variables: { input: { ...input, idempotencyKey: randomUUID() } } });
    await waitForReads(1);
    leave();
    await waitUntilAborted();
    expect((await subgraph.avibra.state()).commits).toHaveLength(1);
  });

  test("of a WebSocket ends the reads of the event that is being sent", async () => {
    const mutation = findMutation("cancelPixAuthorization");
    const variables = { input: { ...mutation.input, idempotencyKey: randomUUID() } };
    const { data } = await subgraph.graphql(toDocument(mutation), { variables, claims: PAYER_CLAIMS });
    await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "hangBeforeCommit", times: 10 });
    await subgraph.delbank.clearRequests();
    const client = await connectAs(subgraph, { claims: PAYER_CLAIMS });
    client.subscribe(
      "1",
      "subscription($id: ID!) { operationSettled(id: $id) { pixCancellation { authorization { status } } } }",
      { id: data.cancelPixAuthorization.operation.id },
    );
    await waitFor(async () => (await subgraph.delbank.requests())[0]);
    client.socket.terminate();
    await waitFor(async () => ((await subgraph.delbank.requests())[0]?.isAborted ? true : undefined));
  });
});

describe("over a raw connection,", () => {
  let authorization: string;
  beforeAll(async () => (authorization = `Bearer ${await subgraph.token(PAYER_CLAIMS)}`));
  function createRequest(query: string): string {
    const body = JSON.stringify({ query });
    const headers = ["host: a", "content-type: application/json", `authorization: ${authorization}`];
    return ["POST /graphql HTTP/1.1", ...headers, `content-length: ${body.length}`, "", body].join("\r\n");
  }
  function open(bytes: string) {
    const socket = connect(Number(new URL(subgraph.url).port), "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => (received += chunk.toString()));
    socket.write(bytes);
    return { socket, responses: () => received.match(/^HTTP\/1\.1 200/gm)?.length ?? 0 };
  }

  test("a client that ends only its half of the connection counts as disconnected", async () => {
    await hangReads();
    const { socket, responses } = open(createRequest(benefitsOf(MEMBER_ID)));
    await waitForReads(1);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.end();
    await closed; // by the server
    await waitUntilAborted();
    expect(responses()).toBe(0);
  });

  test("a close ends the reads of all requests that were pipelined", async () => {
    await hangReads();
    const { socket } = open(createRequest(benefitsOf("m-1")) + createRequest(benefitsOf("m-2")));
    await waitForReads(2);
    socket.destroy();
    await waitUntilAborted();
  });

  test("the end of one request does not end the read of the next one", async () => {
    const held = avibraGateway.hold(`${BENEFITS}m-2`);
    const { socket, responses } = open(createRequest(benefitsOf("m-1")) + createRequest(benefitsOf("m-2")));
    await waitFor(() => (responses() === 1 && held.count() === 1 ? true : undefined));
    await settle();
    held.release();
    await waitFor(() => (responses() === 2 ? true : undefined));
    expect(await reads(`${BENEFITS}m-2`)).toHaveLength(1);
    socket.destroy();
  });
});

test("after 1,000 clients ask for different members and leave, no call remains and the next request is answered", async () => {
  await hangReads();
  const clients: ReturnType<typeof ask>[] = [];
  while (clients.length < 1000) {
    // A few at a time, so that no client gives up its connection attempt.
    const more = Array.from({ length: 50 }, (_, index) => ask(benefitsOf(`m-${clients.length + index}`)));
    clients.push(...more);
    await waitFor(async () => {
      const queued = await readMetric(subgraph, "benefits_pix_provider_requests_queued");
      return queued['provider="avibra"'] === clients.length - CONCURRENCY ? true : undefined;
    });
  }
  for (const { leave } of clients) leave();
  expect(new Set(await Promise.all(clients.map(({ answer }) => answer)))).toEqual(new Set(["left"]));
  expect(await isIdle()).toMatchObject({ 'provider="avibra"': 0 });
  expect(await readMetric(subgraph, "benefits_pix_provider_requests_queued")).toMatchObject({ 'provider="avibra"': 0 });
  await subgraph.avibra.clearFaults();
  expect((await subgraph.graphql(benefitsOf(MEMBER_ID))).errors).toBeUndefined();
  expect(Object.values(await readMetric(subgraph, "benefits_pix_circuit_breaker_state"))).not.toContain(2);
  expect(subgraph.logs.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  expect(unhandled).toEqual([]);
});
