import { request } from "node:http";
import { readMetric } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { sendRequest } from "../kit/http/request";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

const MOST = 3;
const QUERY = Buffer.from(JSON.stringify({ query: "{ me { benefits { id } } }" }));
const benefitsOf = (id: string) => Buffer.from(JSON.stringify({ query: `{ user(id: "${id}") { benefits { id } } }` }));
const CHEAP = Buffer.from(JSON.stringify({ query: "{ __typename }" }));

let subgraph: TestSubgraph;
let authorization: string;
afterEach(() => subgraph.stop());

async function start(environment: Readonly<Record<string, string>>): Promise<void> {
  subgraph = await startSubgraph(environment);
  authorization = `Bearer ${await subgraph.token(STAFF_CLAIMS)}`;
}

const ask = (body: Buffer, signal?: AbortSignal) =>
  sendRequest(`${subgraph.url}/graphql`, { headers: { authorization }, body, ...(signal && { signal }) });
const statusOf = async (body: Buffer) => (await ask(body)).status;
/** Waits until there is room for as many as ever. */
const roomForAll = () =>
  waitFor(async () => {
    const statuses = await Promise.all(Array.from({ length: MOST }, () => statusOf(QUERY)));
    return statuses.every((status) => status === 200) ? true : undefined;
  });
const accepted = () => waitFor(async () => ((await statusOf(CHEAP)) === 200 ? true : undefined));

/** As many requests as may be under way, all of them waiting for the provider. */
async function fill(signal?: AbortSignal) {
  await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "hangBeforeCommit", times: MOST });
  // Of different members: what is the same would be asked once.
  const held = Array.from({ length: MOST }, (_, index) =>
    ask(benefitsOf(`m-${index}`), signal).then(
      ({ status }) => status,
      () => "gone",
    ),
  );
  await waitFor(async () => ((await subgraph.avibra.requests("/user/benefits")).length === MOST ? true : undefined));
  return held;
}

describe("more requests than LIMIT_CONCURRENT_REQUESTS", () => {
  const environment = { LIMIT_CONCURRENT_REQUESTS: `${MOST}`, AVIBRA_TIMEOUT_MS: "1500" };

  test("are refused with 503 and Retry-After while health stays green, until the others are answered", async () => {
    await start(environment);
    const held = await fill();
    const refused = await ask(CHEAP);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
    expect(JSON.parse(refused.text)).toMatchObject({
      errors: [{ extensions: { code: "UNAVAILABLE", retryable: true, requestId: refused.headers["x-request-id"] } }],
    });
    for (const path of ["live", "ready"]) expect((await fetch(`${subgraph.url}/health/${path}`)).status).toBe(200);
    expect(await Promise.all(held)).toEqual([200, 200, 200]);
    await roomForAll();
  });

  test("a request whose client went away counts until its work is done, and no longer", async () => {
    await start(environment);
    for (let round = 0; round < 3; round += 1) {
      await subgraph.avibra.clearRequests();
      const client = new AbortController();
      const held = await fill(client.signal);
      client.abort();
      expect(await Promise.all(held)).toEqual(["gone", "gone", "gone"]);
      expect(await statusOf(CHEAP)).toBe(503);
      await roomForAll();
    }
  });

  test("refused requests count for nothing: wrong ones leave as much room as there was", async () => {
    await start({ LIMIT_CONCURRENT_REQUESTS: "1" });
    for (const body of ["{", "[]", '{"query":"{"}', '{"query":"{ __proto: id }"}']) {
      await accepted();
      expect(await statusOf(Buffer.from(body))).toBe(400);
    }
    await accepted();
    expect((await fetch(`${subgraph.url}/nowhere`)).status).toBe(404);
    await accepted();
  });
});

describe("more bytes of bodies than LIMIT_BODIES_BYTES", () => {
  const BYTES = 100_000;
  const padded = (length: number) => Buffer.from(CHEAP.toString().padEnd(length));

  /** Announces a body and never sends it. */
  function announce(headers: Readonly<Record<string, string>>) {
    const sent = request(`${subgraph.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization, ...headers },
    });
    const status = new Promise<number>((resolve) => {
      sent.on("response", (response) => {
        resolve(response.statusCode ?? 0);
      });
      sent.on("error", () => {
        resolve(0);
      });
    });
    sent.flushHeaders();
    return { status, abort: () => sent.destroy() };
  }

  test("count as long as they are once they are read: twenty of unknown length, of which two fill all the room there is", async () => {
    await start({ LIMIT_BODY_BYTES: `${BYTES}`, LIMIT_BODIES_BYTES: `${2 * BYTES}` });
    await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "delay", delayMs: 1500, times: 20 });
    const statuses: Promise<number>[] = [];
    for (let index = 0; index < 20; index += 1) {
      const headers = { authorization, "content-type": "application/json" };
      const body = new Blob([benefitsOf(`m-${index}`)]).stream(); // no length is announced
      const sent = fetch(`${subgraph.url}/graphql`, { method: "POST", headers, body, duplex: "half" });
      statuses.push(sent.then(({ status }) => status));
      await waitFor(async () => (await subgraph.avibra.requests("/user/benefits"))[index]);
    }
    expect(await Promise.all(statuses)).toEqual(Array(20).fill(200));
  });

  test("of bodies that were announced, what has arrived counts: one that is never sent takes no room", async () => {
    await start({ LIMIT_BODY_BYTES: `${BYTES}`, LIMIT_BODIES_BYTES: `${BYTES}` });
    const held = Array.from({ length: 5 }, () => announce({ "content-length": "60000" }));
    await waitFor(async () => {
      const value = Object.values(await readMetric(subgraph, "benefits_pix_http_requests_in_flight"))[0];
      return value === 6 ? true : undefined;
    });
    expect(await statusOf(padded(60_000))).toBe(200);
    for (const one of held) one.abort();
  });

  test("are refused before they are read where bodies that have arrived leave no room, of unknown length as the largest", async () => {
    await start({ LIMIT_BODY_BYTES: `${BYTES}`, LIMIT_BODIES_BYTES: `${BYTES}`, AVIBRA_TIMEOUT_MS: "5000" });
    await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "hangBeforeCommit" });
    const worked = ask(Buffer.from(QUERY.toString().padEnd(60_000)));
    await waitFor(async () => (await subgraph.avibra.requests("/user/benefits"))[0]);
    expect(await announce({ "content-length": "60000" }).status).toBe(503);
    expect(await announce({ "transfer-encoding": "chunked" }).status).toBe(503);
    expect(await statusOf(CHEAP)).toBe(200);
    expect((await worked).status).toBe(200);
    await waitFor(async () => ((await statusOf(padded(60_000))) === 200 ? true : undefined));
  });
});
