import { holdTimeouts, releaseTimeouts } from "../../kit/clocks";
import { readMetric, waitForGauge } from "../../kit/http/metrics";
import { type GraphqlOptions, type UpstreamCost } from "../../kit/http/graphql-client";
import { startTcpSwitch, type TcpSwitch } from "../../kit/network/tcp-switch";
import { CANCELLED_RECURRENCE_ID, MEMBER_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { type Claims } from "../../kit/tokens/claims";
import { waitFor } from "../../kit/wait-for";

const OFFER = "{ me { currentOffer { offer { id } } } }";
const OFFER_OF_MEMBER = `{ user(id: "${MEMBER_ID}") { currentOffer { offer { id } } } }`;
const AUTHORIZATION = `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`;
const BENEFITS = "/user/benefits";
const FREE = { calls: 0, retries: 0, coalesced: 0, cacheHits: 0 };
const IN_FLIGHT = "benefits_pix_http_requests_in_flight";
const CONCURRENT = 100;

let subgraph: TestSubgraph;
/** Between the subgraph and simulated Avibra. */
let avibraSwitch: TcpSwitch;
let cases = 0;

function useSubgraph(environment: Readonly<Record<string, string>> = {}): void {
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    avibraSwitch = await startTcpSwitch();
    stops.push(() => avibraSwitch.close());
    subgraph = await startSubgraph({
      READ_CACHE_MS: "600000",
      EXPOSE_UPSTREAM_COST: "true",
      AVIBRA_BASE_URL: avibraSwitch.url,
      ...environment,
    });
    stops.unshift(() => subgraph.stop());
    avibraSwitch.setTarget(subgraph.avibra.url);
    await subgraph.graphql(OFFER, { claims: { sub: MEMBER_ID, scope: "first" } }); // fetches the access token
  });
  beforeEach(async () => {
    cases += 1;
    await subgraph.avibra.clearRequests();
  });
  afterEach(() => {
    avibraSwitch.release();
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });
}

/** A caller of this test only: nothing is cached for it. */
const own = ({ sub = MEMBER_ID, scope = "", ...claims }: Claims = {}): Claims => ({
  sub,
  ...claims,
  scope: `${scope} case:${cases}`.trim(),
});

const ask = async (query = OFFER, options: GraphqlOptions = {}) => {
  const { data, errors, extensions } = await subgraph.graphql(query, { claims: own(), ...options });
  return { data, code: errors?.[0]?.extensions.code, upstream: extensions?.upstream ?? FREE };
};
const askTimes = (count: number, query = OFFER, claims: (index: number) => Claims = () => own()) =>
  Array.from({ length: count }, (_, index) => ask(query, { claims: claims(index) }));
const sumOf = (costs: readonly { readonly upstream: UpstreamCost }[], name: keyof UpstreamCost) =>
  costs.reduce((sum, { upstream }) => sum + (upstream[name] ?? 0), 0);
const requestCount = async () => (await subgraph.avibra.requests(BENEFITS)).length;

/** Resolves when a request that was sent now has read from the other provider: all sent before it have come to their reads. */
async function untilOthersAreReading(scope: string): Promise<void> {
  const { data } = await subgraph.graphql(AUTHORIZATION, { claims: own({ tax_id: PAYER_TAX_ID, scope }) });
  expect(data).toEqual({ pixAuthorization: { status: "ACTIVE" } });
}

/** Resolves when so many requests have come to their read, and Avibra has received `calls` of these. */
async function untilReading(requests: number, calls = 1): Promise<void> {
  await waitForGauge(subgraph, IN_FLIGHT, requests + 1); // and the scrape
  await waitFor(async () => ((await requestCount()) >= calls ? true : undefined));
  await untilOthersAreReading(`after:${requests}`);
}

/** What they resolve to, if Avibra responds only after all of them have come to their read. */
async function whileReading<Result>(requests: readonly Promise<Result>[], calls = 1): Promise<Result[]> {
  await untilReading(requests.length, calls);
  avibraSwitch.release();
  return Promise.all(requests);
}

describe("with a read cache,", () => {
  useSubgraph();

  test("many identical reads of one caller at once cost one provider call, and each response says what it cost", async () => {
    avibraSwitch.hold();
    const responses = await whileReading(askTimes(CONCURRENT));
    expect(await requestCount()).toBe(1);
    expect(responses.every(({ data }) => data.me.currentOffer.offer.id === "plus")).toBe(true);
    expect([sumOf(responses, "calls"), sumOf(responses, "coalesced")]).toEqual([1, CONCURRENT - 1]);
  });

  test("many identical reads of two callers at once cost two provider calls", async () => {
    const staff = own({ sub: "support", scope: "users:read:any" });
    avibraSwitch.hold();
    const responses = await whileReading(
      askTimes(CONCURRENT, OFFER_OF_MEMBER, (index) => (index % 2 === 0 ? own() : staff)),
      2,
    );
    expect(await requestCount()).toBe(2);
    expect(responses.every(({ data }) => data.user.currentOffer.offer.id === "plus")).toBe(true);
  });

  test("coalesced reads all fail if their provider call fails, and the next read calls again", async () => {
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503 });
    avibraSwitch.hold();
    const responses = await whileReading(askTimes(5));
    expect(responses.map(({ code }) => code)).toEqual(Array(5).fill("PROVIDER_UNAVAILABLE"));
    expect((await ask()).code).toBeUndefined();
    expect(await requestCount()).toBe(2);
  });

  test("the second read of a caller costs no call, through any field", async () => {
    await ask();
    expect(await ask()).toMatchObject({ upstream: { ...FREE, cacheHits: 1 } });
    const other = `{ user(id: "${MEMBER_ID}") { benefits { id } } }`;
    expect(await ask(other)).toMatchObject({ code: undefined, upstream: { ...FREE, cacheHits: 1 } });
    expect(await requestCount()).toBe(1);
  });

  test.each([
    ["another user id", { sub: "support", scope: "users:read:any" }],
    ["another tax id", { tax_id: PAYER_TAX_ID }],
    ["another scope", { scope: "pii:read" }],
  ])("the read of a caller with %s costs a call of its own", async (_claim, claims) => {
    await ask(OFFER_OF_MEMBER);
    const other = await ask(OFFER_OF_MEMBER, { claims: own(claims) });
    expect(other).toMatchObject({ code: undefined, upstream: { ...FREE, calls: 1 } });
  });

  test("an authorization that the payer has read is null for another caller, each time", async () => {
    const payer = await ask(AUTHORIZATION, { claims: own({ tax_id: PAYER_TAX_ID }) });
    expect(payer.data).toEqual({ pixAuthorization: { status: "ACTIVE" } });
    for (let time = 0; time < 2; time += 1) {
      const stranger = await ask(AUTHORIZATION, { claims: own({ tax_id: OTHER_TAX_ID }) });
      expect(stranger.data).toEqual({ pixAuthorization: null });
    }
  });

  test("cached entities are new objects for each request, whose __typename can be written", async () => {
    const responses = [await resolveEntities(), ...(await Promise.all([1, 2, 3].map(resolveEntities)))];
    for (const { data, code } of responses) {
      expect(code).toBeUndefined();
      expect(data).toEqual(responses[0]?.data);
      expect(data._entities.map((entity: { __typename: string }) => entity.__typename)).toEqual(
        REPRESENTATIONS.map(({ __typename }) => __typename),
      );
    }
    expect(await requestCount()).toBe(1);
  });
});

describe("with READ_CACHE_MS=0,", () => {
  useSubgraph({ READ_CACHE_MS: "0" });

  test("reads at the same time are coalesced, and counted as coalesced", async () => {
    avibraSwitch.hold();
    const responses = await whileReading(askTimes(20));
    const costs = responses.map(({ upstream }) => upstream);
    expect(costs.filter(({ calls }) => calls === 1)).toEqual([{ ...FREE, calls: 1 }]);
    expect(costs.filter(({ calls }) => calls === 0)).toEqual(Array(19).fill({ ...FREE, coalesced: 1 }));
    expect(await requestCount()).toBe(1);
  });

  test("a coalesced read goes on when the client of its first request closes its connection", async () => {
    const client = new AbortController();
    avibraSwitch.hold();
    const first = ask(OFFER, { signal: client.signal }).catch((error: unknown) => (error as Error).name);
    await untilReading(1);
    const others = askTimes(5);
    await untilReading(6);
    client.abort();
    expect(await first).toBe("AbortError");
    await untilOthersAreReading("after the abort");
    avibraSwitch.release();
    expect((await Promise.all(others)).map(({ data }) => data.me.currentOffer.offer.id)).toEqual(Array(5).fill("plus"));
    expect(await requestCount()).toBe(1);
  });

  test("each of several reads one after the other costs a call", async () => {
    for (let time = 0; time < 3; time += 1) expect((await ask()).upstream).toEqual({ ...FREE, calls: 1 });
    expect(await requestCount()).toBe(3);
  });

  test("coalesced entities are new objects for each request", async () => {
    avibraSwitch.hold();
    const [one, other] = await whileReading([1, 2].map(resolveEntities));
    expect(one?.code).toBeUndefined();
    expect(other?.data).toEqual(one?.data);
    expect(await requestCount()).toBe(1);
  });
});

const REPRESENTATIONS = [
  { __typename: "User", id: MEMBER_ID },
  { __typename: "Benefit", userId: MEMBER_ID, id: "acc-ins" },
  { __typename: "Benefit", userId: MEMBER_ID, id: "acc-ins" },
  { __typename: "PixAuthorization", recurrenceId: CANCELLED_RECURRENCE_ID },
];

function resolveEntities() {
  const query = `query($representations: [_Any!]!) {
    _entities(representations: $representations) {
      __typename
      ... on User { id currentOffer { offer { id } } }
      ... on Benefit { id userId name }
      ... on PixAuthorization { recurrenceId status cancellations { id } }
    }
  }`;
  const claims = own({ sub: "support", scope: "users:read:any pix:read:any" });
  return ask(query, { variables: { representations: REPRESENTATIONS }, claims });
}

describe("with READ_CACHE_BYTES,", () => {
  useSubgraph({ READ_CACHE_BYTES: "20000" });

  test("the read cache does not grow beyond it, however many members are read", async () => {
    const claims = own({ sub: "support", scope: "users:read:any" });
    const bytes: number[] = [];
    for (let request = 0; request < 4; request += 1) {
      const members = Array.from(
        { length: 40 },
        (_, index) => `m${index}: user(id: "m-${request}-${index}") { currentOffer { status } }`,
      );
      expect((await ask(`{ ${members.join(" ")} }`, { claims })).upstream.calls).toBe(40);
      bytes.push((await readMetric(subgraph, "benefits_pix_read_cache_size_bytes"))[""] ?? NaN);
    }
    expect(Math.min(...bytes)).toBeGreaterThan(10_000);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(20_000);
  });
});

describe("a response older than READ_CACHE_MS", () => {
  const aged = { READ_CACHE_MS: "1", READ_CACHE_STALE_MS: "0" };
  /** Caches a response that is then older than a millisecond. */
  async function cacheAged(): Promise<void> {
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  describe("within READ_CACHE_STALE_MS", () => {
    useSubgraph({ ...aged, READ_CACHE_STALE_MS: "600000" });

    test("is returned, and counted as stale, while it is refreshed", async () => {
      await cacheAged();
      expect((await ask()).upstream).toMatchObject({ cacheHits: 1, stale: 1 });
      await waitFor(async () => ((await requestCount()) === 2 ? true : undefined));
    });
  });

  describe("within READ_CACHE_STALE_IF_ERROR_MS", () => {
    useSubgraph(aged);
    afterEach(releaseTimeouts);

    test.each(["status", "resetBeforeCommit"])(
      "is returned, and counted as stale, while the provider is unavailable (%s)",
      async (kind) => {
        await cacheAged();
        await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind, ...(kind === "status" && { status: 503 }) });
        expect(await ask()).toMatchObject({
          code: undefined,
          data: { me: { currentOffer: { offer: { id: "plus" } } } },
          upstream: { calls: 1, cacheHits: 1, stale: 1 },
        });
        holdTimeouts(); // on a slow machine it would be returned after 2 s without the provider's response
        expect((await ask()).upstream).toEqual({ ...FREE, calls: 1 }); // the provider is back
      },
    );

    test.each([
      ["credentials that the provider rejects", { kind: "status", status: 403 }, "PROVIDER_AUTH"],
      ["a rejection by the provider", { kind: "status", status: 422 }, "PROVIDER_CONTRACT"],
      ["a response that cannot be parsed", { kind: "wrongShape" }, "PROVIDER_CONTRACT"],
    ])("is not returned in place of %s", async (_case, fault, code) => {
      await cacheAged();
      await subgraph.avibra.addFault({ match: { path: BENEFITS }, ...fault });
      holdTimeouts();
      expect((await ask()).code).toBe(code);
    });
  });

  describe("beyond READ_CACHE_STALE_IF_ERROR_MS", () => {
    useSubgraph({ ...aged, READ_CACHE_STALE_IF_ERROR_MS: "0" });

    test("is not returned while the provider is unavailable", async () => {
      await cacheAged();
      await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503 });
      expect((await ask()).code).toBe("PROVIDER_UNAVAILABLE");
    });
  });
});
