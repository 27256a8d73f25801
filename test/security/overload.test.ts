import { request } from "node:http";
import { readMetric } from "../kit/http/metrics";
import { sendRequest } from "../kit/http/request";
import { startTcpSwitch, type TcpSwitch } from "../kit/network/tcp-switch";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

const MAX_REQUESTS = 3;
const BODY_BYTES = 100_000;
const benefitsOf = (id: string) => JSON.stringify({ query: `{ user(id: "${id}") { benefits { id } } }` });
const TYPENAME = JSON.stringify({ query: "{ __typename }" });
const PATH = "/user/benefits";

let provider: TcpSwitch;
let subgraph: TestSubgraph | undefined;
let url: string;
let authorization: string;

async function start(environment: Readonly<Record<string, string>>): Promise<void> {
  provider = await startTcpSwitch();
  subgraph = await startSubgraph({ AVIBRA_BASE_URL: provider.url, ...environment });
  provider.setTarget(subgraph.avibra.url);
  ({ url } = subgraph);
  authorization = `Bearer ${await subgraph.token(STAFF_CLAIMS)}`;
}
async function stop(): Promise<void> {
  await provider.close();
  await subgraph?.stop();
}

const send = (body: string, signal?: AbortSignal) =>
  sendRequest(`${url}/graphql`, {
    headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE },
    body,
    ...(signal && { signal }),
  });
const statusOf = async (body: string) => (await send(body)).status;

/** Sends these requests one after another; each of them waits for the provider, until `release`. */
async function hold(sends: readonly (() => Promise<number>)[]): Promise<readonly Promise<number>[]> {
  await subgraph?.avibra.addFault({ match: { path: PATH }, kind: "hangBeforeCommit", times: sends.length });
  await subgraph?.avibra.clearRequests();
  const statuses: Promise<number>[] = [];
  for (const sendNext of sends) {
    statuses.push(sendNext());
    await waitFor(async () => (await subgraph?.avibra.requests(PATH))?.[statuses.length - 1]);
  }
  return statuses;
}
async function release(): Promise<void> {
  await provider.close();
  await provider.open();
}

describe("more requests than LIMIT_CONCURRENT_REQUESTS", () => {
  beforeAll(() => start({ LIMIT_CONCURRENT_REQUESTS: `${MAX_REQUESTS}` }));
  afterAll(stop);

  /** As many requests as may be in progress. They read different members: equal reads would share one call. */
  const holdAll = (signal?: AbortSignal) =>
    hold(
      Array.from(
        { length: MAX_REQUESTS },
        (_, index) => () =>
          send(benefitsOf(`m-${index}`), signal).then(
            ({ status }) => status,
            () => 0,
          ),
      ),
    );
  /** Fails unless a slot of each earlier request has become free: the provider would receive fewer than all. */
  async function expectAllSlotsFree(): Promise<void> {
    await waitFor(async () => ((await statusOf(TYPENAME)) === 200 ? true : undefined));
    const held = await holdAll();
    await release();
    expect(await Promise.all(held)).toEqual([200, 200, 200]);
  }

  test("are refused with 503 and Retry-After while health probes are answered, until the others are answered", async () => {
    const held = await holdAll();
    const refused = await send(TYPENAME);
    expect((await sendRequest(`${url}/graphql`, { headers: { authorization }, body: TYPENAME })).status).toBe(503); // JSON
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
    expect(JSON.parse(refused.text)).toMatchObject({
      errors: [{ extensions: { code: "UNAVAILABLE", retryable: true, requestId: refused.headers["x-request-id"] } }],
    });
    for (const path of ["live", "ready"]) expect((await fetch(`${url}/health/${path}`)).status).toBe(200);
    await release();
    expect(await Promise.all(held)).toEqual([200, 200, 200]);
    await expectAllSlotsFree();
  });

  test("are accepted again once the clients of the others have disconnected, because their reads end", async () => {
    const client = new AbortController();
    const held = await holdAll(client.signal);
    expect(await statusOf(TYPENAME)).toBe(503);
    client.abort();
    expect(await Promise.all(held)).toEqual([0, 0, 0]);
    await expectAllSlotsFree();
  });

  test("do not include refused requests: malformed ones leave every slot free", async () => {
    for (const body of ["{", "[]", '{"query":"{"}', '{"query":"{ __proto: id }"}']) {
      await waitFor(async () => ((await statusOf(body)) === 400 ? true : undefined));
    }
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    await expectAllSlotsFree();
  });
});

describe("more bytes of bodies than LIMIT_BODIES_BYTES", () => {
  beforeAll(() => start({ LIMIT_BODY_BYTES: `${BODY_BYTES}`, LIMIT_BODIES_BYTES: `${2 * BODY_BYTES}` }));
  afterAll(stop);

  /** Announces a body and never sends it. */
  function announce(headers: Readonly<Record<string, string>>) {
    const sent = request(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization, ...headers },
    });
    const { promise: status, resolve } = Promise.withResolvers<number>();
    sent.on("response", (response) => {
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", () => {
      resolve(0);
    });
    sent.flushHeaders();
    return { status, abort: () => sent.destroy() };
  }

  test("are counted by the length of each body once it is read: twenty of unknown length, two of which would take the whole limit, are executed at once", async () => {
    const sends = Array.from({ length: 20 }, (_, index) => async () => {
      const headers = { authorization, "content-type": "application/json" };
      const body = new Blob([benefitsOf(`m-${index}`)]).stream(); // no length is announced
      return (await fetch(`${url}/graphql`, { method: "POST", headers, body, duplex: "half" })).status;
    });
    const held = await hold(sends);
    await release();
    expect(await Promise.all(held)).toEqual(Array(20).fill(200));
  });

  test("are counted as they arrive: a body that was announced and is never sent takes no room", async () => {
    const announced = Array.from({ length: 5 }, () => announce({ "content-length": "60000" }));
    await waitFor(async () => {
      const value = Object.values(await readMetric({ url }, "benefits_pix_http_requests_in_flight"))[0];
      return value === 6 ? true : undefined; // and the request for the metric
    });
    expect(await statusOf(TYPENAME.padEnd(60_000))).toBe(200);
    for (const { abort } of announced) abort();
  });

  test("are refused before they are read if bodies that have arrived leave no room, with an unknown length as the largest", async () => {
    const held = await hold(["m-1", "m-2"].map((id) => () => statusOf(benefitsOf(id).padEnd(80_000))));
    expect(await announce({ "content-length": "60000" }).status).toBe(503);
    expect(await announce({ "transfer-encoding": "chunked" }).status).toBe(503);
    expect(await statusOf(TYPENAME)).toBe(200);
    await release();
    expect(await Promise.all(held)).toEqual([200, 200]);
    await waitFor(async () => ((await statusOf(TYPENAME.padEnd(60_000))) === 200 ? true : undefined));
  });
});
