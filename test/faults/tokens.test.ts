import { readMetric } from "../kit/http/metrics";
import { countCommits, sendMutation, MUTATIONS } from "../kit/seeds/mutations";
import { createProviderTime } from "../kit/start/provider-time";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { waitFor } from "../kit/wait-for";

const TOKENS = "/oauth2/token";
const BENEFITS = "/user/benefits";
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** After two failed fetches, no fetch starts for this long. */
const FETCH_COOLDOWN_MS = 1000;

const time = createProviderTime();
let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({ EXPOSE_UPSTREAM_COST: "true" }, { providerTime: time });
});
afterAll(() => subgraph.stop());
/** A subgraph without an access token and without a failed fetch. */
beforeEach(async () => {
  await subgraph.avibra.reset(); // ends hanging requests
  await waitFor(async () => {
    time.advance(DAY_MS);
    return (await read()) === "none" ? true : undefined;
  });
  time.advance(DAY_MS);
  await subgraph.avibra.clearRequests();
});

let lastMember = 0;
/** Reads a member that was not read before; the error's code. */
async function read(target: TestSubgraph = subgraph): Promise<string> {
  const { errors } = await target.graphql(`{ user(id: "t-${(lastMember += 1)}") { currentOffer { status } } }`);
  return errors?.[0]?.extensions.code ?? "none";
}
const readAtOnce = async (count: number) => [
  ...new Set(await Promise.all(Array.from({ length: count }, () => read()))),
];
const count = async (path: string, { avibra } = subgraph) => (await avibra.requests(path)).length;
const readTokenState = async () => {
  const response = await fetch(`${subgraph.url}/health/ready`);
  const { checks } = (await response.json()) as {
    checks: { avibraToken: { ok: boolean; held: boolean; expiresInMs: number } };
  };
  return { status: response.status, ...checks.avibraToken };
};
const failTokens = (fault: Readonly<Record<string, unknown>>, { avibra } = subgraph) =>
  avibra.addFault({ match: { path: TOKENS }, ...fault });
const takeDownTokenEndpoint = () => failTokens({ kind: "status", status: 503, times: 1_000_000 });

/** A token that the sandbox accepts, fetched without the subgraph. */
async function issueToken(): Promise<string> {
  const form = { grant_type: "client_credentials", client_id: "sandbox-client", scope: "partner/api" };
  const body = new URLSearchParams({ ...form, client_secret: "sandbox-client-secret" });
  const response = await fetch(`${subgraph.avibra.url}${TOKENS}`, { method: "POST", body });
  return ((await response.json()) as { access_token: string }).access_token;
}
/** The token endpoint's next response is a valid token with these members instead of its `expires_in`. */
async function respondWithLifetime(lifetime: Readonly<Record<string, unknown>>): Promise<void> {
  const body = { access_token: await issueToken(), token_type: "Bearer", ...lifetime };
  await failTokens({ kind: "wrongShape", body });
  await subgraph.avibra.clearRequests();
}

describe("the first access token", () => {
  test("is fetched once for 100 requests, and is not a cost of any of them", async () => {
    const responses = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        subgraph.graphql(`{ user(id: "c-${index}") { currentOffer { status } } }`),
      ),
    );
    expect(responses.filter(({ errors }) => errors)).toEqual([]);
    expect(responses.map(({ extensions }) => extensions?.upstream.calls)).toEqual(Array(100).fill(1));
    expect(await count(TOKENS)).toBe(1);
    expect(await count(BENEFITS)).toBe(100);
  });

  test("is fetched once for 100 reads of one request", async () => {
    const fields = Array.from({ length: 100 }, (_, index) => `u${index}: user(id: "x-${index}") { benefits { id } }`);
    await subgraph.graphql(`{ ${fields.join(" ")} }`);
    expect(await count(TOKENS)).toBe(1);
    expect(await count(BENEFITS)).toBe(100);
  });

  test.each([
    ["with a 400", { kind: "status", status: 400 }, "PROVIDER_AUTH"],
    ["with a 500", { kind: "status", status: 500 }, "PROVIDER_UNAVAILABLE"],
    ["with a body of another shape", { kind: "wrongShape" }, "PROVIDER_CONTRACT"],
  ])("that fails %s fails the read, and the next read fetches it again", async (_case, fault, code) => {
    await failTokens(fault);
    expect(await read()).toBe(code);
    expect(await read()).toBe("none");
    expect(await count(TOKENS)).toBe(2);
  });
});

describe("an access token that the provider rejects before its end", () => {
  test("is replaced once for 50 reads, which are sent at most twice", async () => {
    await read();
    await subgraph.avibra.advanceClock(2 * HOUR_MS);
    await subgraph.avibra.clearRequests();
    expect(await readAtOnce(50)).toEqual(["none"]);
    expect(await count(TOKENS)).toBe(1);
    expect(await count(BENEFITS)).toBeGreaterThan(50);
    expect(await count(BENEFITS)).toBeLessThanOrEqual(100);
  });

  test("is replaced after a single 401, and the read is sent again", async () => {
    await read();
    await subgraph.avibra.clearRequests();
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 401 });
    const { errors, extensions } = await subgraph.graphql('{ user(id: "t-401") { currentOffer { status } } }');
    expect(errors).toBeUndefined();
    expect(extensions?.upstream).toMatchObject({ calls: 2, retries: 1 });
    expect((await subgraph.avibra.requests()).map(({ path }) => path)).toEqual([
      `${BENEFITS}/t-401`,
      TOKENS,
      `${BENEFITS}/t-401`,
    ]);
  });

  // A portal link has credentials of its own, a cancellation another provider.
  const writes = MUTATIONS.filter(({ name, vendor }) => vendor === "avibra" && name !== "createPortalLink");
  test.each(writes)(
    "$name is sent twice with one idempotency key and two tokens, and has one effect",
    async (write) => {
      await read();
      await subgraph.avibra.clearRequests();
      const { method, path, name } = write;
      await subgraph.avibra.addFault({ match: { method, path }, kind: "status", status: 401 });
      const { data } = await sendMutation(subgraph, write, { input: { ...write.input, idempotencyKey: name } });
      expect(data[name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
      const received = await subgraph.avibra.requests(path);
      const sent = received.filter((request) => request.method === method);
      expect(sent).toHaveLength(2);
      expect(new Set(sent.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
      expect(new Set(sent.map(({ headers }) => headers["authorization"])).size).toBe(2);
      expect(await count(TOKENS)).toBe(1);
      const state = await subgraph.avibra.state();
      expect([countCommits(write, state), write.countEffects(state)]).toEqual([1, 1]);
    },
  );

  test("is replaced once; if the new one is rejected too, the read fails after two calls", async () => {
    await read();
    await subgraph.avibra.clearRequests();
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 401, times: 5 });
    expect(await read()).toBe("PROVIDER_AUTH");
    expect(await count(BENEFITS)).toBe(2);
  });

  test("is replaced once for 20 reads if the provider rejects every token", async () => {
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 401, times: 1000 });
    for (let index = 0; index < 20; index += 1) expect(await read()).toBe("PROVIDER_AUTH");
    expect(await count(BENEFITS)).toBe(20 + 1); // the first was repeated with a new token
    expect(await count(TOKENS)).toBe(2);
    await subgraph.avibra.clearFaults();
    expect(await read()).toBe("none");
  });
});

describe("a token endpoint that is down", () => {
  const USABLE_MS = HOUR_MS - 30_000;

  test("fails no read until the token's end; then reads fail without a call, and fetches pause between attempts", async () => {
    await respondWithLifetime({ expires_in: HOUR_MS / 1000 });
    expect(await read()).toBe("none");
    await takeDownTokenEndpoint();
    await subgraph.avibra.clearRequests();
    time.advance(USABLE_MS - 1);
    // Before the token's end a new one is fetched in the background, without success.
    await waitFor(async () => {
      expect(await read()).toBe("none");
      return (await count(TOKENS)) === 2 ? true : undefined;
    });
    expect(await readTokenState()).toMatchObject({ held: true });
    time.advance(1);
    expect(await readTokenState()).toMatchObject({ held: false });
    await subgraph.avibra.clearRequests();
    for (let wave = 0; wave < 5; wave += 1) expect(await readAtOnce(10)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await count(TOKENS)).toBe(0);
    time.advance(FETCH_COOLDOWN_MS);
    expect(await readAtOnce(10)).toEqual(["PROVIDER_UNAVAILABLE"]);
    await waitFor(async () => ((await count(TOKENS)) > 0 ? true : undefined));
    expect(await readAtOnce(10)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await count(TOKENS)).toBe(1);
    expect(await count(BENEFITS)).toBe(0);
    await subgraph.avibra.clearFaults();
    time.advance(FETCH_COOLDOWN_MS);
    await waitFor(async () => ((await read()) === "none" ? true : undefined));
  });

  test("shows in the health report while no token is cached, and the report stays 200", async () => {
    expect(await readTokenState()).toMatchObject({ ok: true, held: false });
    await takeDownTokenEndpoint();
    await read();
    expect(await readTokenState()).toMatchObject({ ok: false, held: false, status: 200 });
  });

  test("fails the first reads without a call to what the token is for", async () => {
    await takeDownTokenEndpoint();
    expect(await readAtOnce(20)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await count(BENEFITS)).toBe(0);
    expect(await count(TOKENS)).toBeLessThanOrEqual(3);
  });

  test("does not delay reads while a fetch hangs after two failed ones", async () => {
    await failTokens({ kind: "status", status: 503, times: 2 });
    for (let index = 0; index < 2; index += 1) expect(await read()).toBe("PROVIDER_UNAVAILABLE");
    await failTokens({ kind: "hangBeforeCommit" });
    time.advance(FETCH_COOLDOWN_MS);
    // Only the cached failure is "unavailable": a read that waited for the fetch would time out, after two minutes.
    expect(await readAtOnce(25)).toEqual(["PROVIDER_UNAVAILABLE"]);
    await waitFor(async () => ((await count(TOKENS)) === 3 ? true : undefined));
    const inFlight = await readMetric(subgraph, "benefits_pix_provider_requests_in_flight");
    expect(inFlight['provider="avibraToken"']).toBe(1);
    expect(await count(BENEFITS)).toBe(0);
  });
});

describe("a token endpoint that hangs", () => {
  let withShortTimeout: TestSubgraph;
  afterEach(() => withShortTimeout.stop());

  test("delays two reads until the call's timeout; later reads fail without a fetch until the endpoint is back", async () => {
    const timeouts = { AVIBRA_TIMEOUT_MS: "500" };
    withShortTimeout = await startSubgraph(timeouts, { providerTime: time });
    await failTokens({ kind: "hangBeforeCommit", times: 1_000_000 }, withShortTimeout);
    for (let index = 0; index < 2; index += 1) expect(await read(withShortTimeout)).toBe("PROVIDER_TIMEOUT");
    for (let index = 0; index < 10; index += 1) expect(await read(withShortTimeout)).toBe("PROVIDER_TIMEOUT");
    expect(await count(TOKENS, withShortTimeout)).toBe(2);
    time.advance(FETCH_COOLDOWN_MS);
    expect(await read(withShortTimeout)).toBe("PROVIDER_TIMEOUT");
    await waitFor(async () => ((await count(TOKENS, withShortTimeout)) === 3 ? true : undefined));
    expect(await count(BENEFITS, withShortTimeout)).toBe(0);
    await withShortTimeout.avibra.clearFaults();
    await waitFor(async () => {
      time.advance(FETCH_COOLDOWN_MS);
      return (await read(withShortTimeout)) === "none" ? true : undefined;
    });
  });

  test("delays a read no longer than its request's timeout, while the fetch goes on", async () => {
    withShortTimeout = await startSubgraph({ REQUEST_TIMEOUT_MS: "500" });
    await failTokens({ kind: "hangBeforeCommit" }, withShortTimeout);
    expect(await read(withShortTimeout)).toBe("PROVIDER_TIMEOUT");
    const ended = withShortTimeout.logs.filter(
      (line) => (JSON.parse(line) as { call?: string }).call === "avibra.token.fetch",
    );
    expect(ended).toEqual([]);
    expect(await count(TOKENS, withShortTimeout)).toBe(1);
  });
});

describe("the lifetime of an access token", () => {
  const MINUTE_MS = 60_000;
  const MAX_MS = DAY_MS - 30_000;

  test.each([
    ["that is missing", {}, MINUTE_MS],
    ["of 0", { expires_in: 0 }, MINUTE_MS],
    ["that is negative", { expires_in: -3600 }, MINUTE_MS],
    ["of 1e12 seconds", { expires_in: 1e12 }, MAX_MS],
    ["that is not a number", { expires_in: "abc" }, MINUTE_MS],
    ["that is null", { expires_in: null }, MINUTE_MS],
  ])("%s is bounded: reads succeed with one token", async (_case, lifetime, expiresInMs) => {
    await respondWithLifetime(lifetime);
    expect(await readAtOnce(10)).toEqual(["none"]);
    expect(await read()).toBe("none");
    expect(await count(TOKENS)).toBe(1);
    expect(await readTokenState()).toMatchObject({ held: true, expiresInMs });
  });
});
