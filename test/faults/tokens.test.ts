import { countCommits, sendMutation, MUTATIONS } from "../kit/seeds/mutations";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const TOKENS = "/oauth2/token";
const BENEFITS = "/user/benefits";
const HOUR_MS = 3_600_000;

let subgraph: TestSubgraph;
beforeEach(async () => (subgraph = await startSubgraph({ EXPOSE_UPSTREAM_COST: "true" })));
afterEach(() => subgraph.stop());

let asked = 0;
/** A read of a member whom nobody has asked for. */
const ask = async () => {
  const { errors } = await subgraph.graphql(`{ user(id: "t-${(asked += 1)}") { currentOffer { status } } }`);
  return errors?.[0]?.extensions.code ?? "fine";
};
const askAtOnce = async (count: number) => [...new Set(await Promise.all(Array.from({ length: count }, ask)))];
const count = async (path: string) => (await subgraph.avibra.requests(path)).length;
const tokenState = async () => {
  const { checks } = (await (await fetch(`${subgraph.url}/health/ready`)).json()) as {
    checks: { avibraToken: { held: boolean; expiresInMs: number } };
  };
  return checks.avibraToken;
};

/** A token that the sandbox knows, got past the subgraph. */
async function issueToken(): Promise<string> {
  const form = { grant_type: "client_credentials", client_id: "sandbox-client", scope: "partner/api" };
  const body = new URLSearchParams({ ...form, client_secret: "sandbox-client-secret" });
  const answer = await fetch(`${subgraph.avibra.url}${TOKENS}`, { method: "POST", body });
  return ((await answer.json()) as { access_token: string }).access_token;
}
/** The next answer of the token endpoint is a good token with this lifetime. */
async function answerWithLifetime(lifetime: Readonly<Record<string, unknown>>): Promise<void> {
  const body = { access_token: await issueToken(), token_type: "Bearer", ...lifetime };
  await subgraph.avibra.addFault({ match: { path: TOKENS }, kind: "wrongShape", body });
  await subgraph.avibra.clearRequests();
}

test("100 cold requests cost one token, which is no request's cost", async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      subgraph.graphql(`{ user(id: "c-${index}") { currentOffer { status } } }`),
    ),
  );
  expect(answers.filter(({ errors }) => errors)).toEqual([]);
  expect(answers.map(({ extensions }) => extensions?.upstream.calls)).toEqual(Array(100).fill(1));
  expect(await count(TOKENS)).toBe(1);
  expect(await count(BENEFITS)).toBe(100);
});

describe("a token that the provider forgets in its mid-life", () => {
  test("costs 50 reads that meet it one refresh, and each of them at most one repeat", async () => {
    await ask();
    await subgraph.avibra.advanceClock(2 * HOUR_MS);
    await subgraph.avibra.clearRequests();
    expect(await askAtOnce(50)).toEqual(["fine"]);
    expect(await count(TOKENS)).toBe(1);
    expect(await count(BENEFITS)).toBeGreaterThan(50);
    expect(await count(BENEFITS)).toBeLessThanOrEqual(100);
  });

  test("costs one refresh and one repeat for a single 401", async () => {
    await ask();
    await subgraph.avibra.clearRequests();
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 401 });
    const { extensions } = await subgraph.graphql('{ user(id: "t-401") { currentOffer { status } } }');
    expect(extensions?.upstream).toMatchObject({ calls: 2, retries: 1 });
    expect((await subgraph.avibra.requests()).map(({ path }) => path.replace(/t-\d+/, "id"))).toEqual([
      `${BENEFITS}/id`,
      TOKENS,
      `${BENEFITS}/id`,
    ]);
  });
});

describe("a mutation whose token the provider does not know any more", () => {
  // A portal link has credentials of its own, a cancellation another provider.
  const written = MUTATIONS.filter(({ name, vendor }) => vendor === "avibra" && name !== "createPortalLink");

  test.each(written)("$name is sent twice with one key, for one new token, and has one effect", async (mutation) => {
    await ask();
    await subgraph.avibra.clearRequests();
    const { method, path } = mutation;
    await subgraph.avibra.addFault({ match: { method, path }, kind: "status", status: 401 });
    const input = { ...mutation.input, idempotencyKey: "press" };
    const { data } = await sendMutation(subgraph, mutation, { input });
    expect(data[mutation.name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    const sent = await subgraph.avibra.requests();
    const isWrite = (request: (typeof sent)[number]) => request.method === method && request.path.startsWith(path);
    expect(sent.filter(isWrite)).toHaveLength(2);
    expect(new Set(sent.filter(isWrite).map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(new Set(sent.filter(isWrite).map(({ headers }) => headers["authorization"])).size).toBe(2);
    expect(await count(TOKENS)).toBe(1);
    const state = await subgraph.avibra.state();
    expect([countCommits(mutation, state), mutation.countEffects(state)]).toEqual([1, 1]);
  });
});

test("a provider that refuses every token is asked once for each read, and for a token twice", async () => {
  await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 401, times: 1000 });
  for (let read = 0; read < 20; read += 1) expect(await ask()).toBe("PROVIDER_AUTH");
  expect(await count(BENEFITS)).toBe(20 + 1); // the first was repeated with a new token
  expect(await count(TOKENS)).toBe(2);
  await subgraph.avibra.clearFaults();
  expect(await ask()).toBe("fine");
});

describe("a token endpoint that is down", () => {
  const LIFETIME_MS = 2000; // half of what is told: the rest is margin
  const goDown = () =>
    subgraph.avibra.addFault({ match: { path: TOKENS }, kind: "status", status: 503, times: 1_000_000 });

  test("is not noticed before the token's end; then reads fail without waiting for it, and it is left alone", async () => {
    await answerWithLifetime({ expires_in: (2 * LIFETIME_MS) / 1000 });
    expect(await ask()).toBe("fine");
    await goDown();
    // Ahead of its end a new one is asked for in vain; nobody is told of that.
    await waitFor(async () => {
      expect(await ask()).toBe("fine");
      return (await count(TOKENS)) > 1 ? true : undefined;
    });
    expect((await tokenState()).held).toBe(true);
    await waitFor(async () => ((await tokenState()).held ? undefined : true));
    const before = { tokens: await count(TOKENS), reads: await count(BENEFITS) };
    for (let wave = 0; wave < 10; wave += 1) expect(await askAtOnce(10)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await count(BENEFITS)).toBe(before.reads);
    // Every failed fetch is everybody's, and behind two in a row there is a rest.
    expect((await count(TOKENS)) - before.tokens).toBeLessThanOrEqual(5);
    await subgraph.avibra.clearFaults();
    await waitFor(async () => ((await ask()) === "fine" ? true : undefined), 5000);
  });

  test("is told by health, as far as it is felt: while no token is at hand; and takes nothing else away", async () => {
    expect(await tokenState()).toMatchObject({ ok: true, held: false });
    await goDown();
    await ask();
    expect(await tokenState()).toMatchObject({ ok: false, held: false });
    expect((await fetch(`${subgraph.url}/health/ready`)).status).toBe(200);
  });

  test("and hangs keeps the first ones waiting; then reads fail at once, until it is back", async () => {
    await subgraph.stop();
    // Long enough that a read that waits for the endpoint is never mistaken for one that does not.
    subgraph = await startSubgraph({ AVIBRA_TIMEOUT_MS: "3000" });
    await subgraph.avibra.addFault({ match: { path: TOKENS }, kind: "hangBeforeCommit", times: 1_000_000 });
    for (let read = 0; read < 2; read += 1) expect(await ask()).toBe("PROVIDER_TIMEOUT");
    const fetches = await count(TOKENS);
    const durationsMs: number[] = [];
    for (let read = 0; read < 25; read += 1) {
      const startedAt = performance.now();
      expect(await ask()).toBe("PROVIDER_TIMEOUT");
      durationsMs.push(performance.now() - startedAt);
    }
    expect(Math.max(...durationsMs)).toBeLessThan(2500); // no read waited for the endpoint's timeout
    await waitFor(async () => {
      await ask();
      return (await count(TOKENS)) > fetches || undefined; // it is tried again from time to time
    }, 60_000);
    expect(await count(BENEFITS)).toBe(0);
    await subgraph.avibra.clearFaults();
    await waitFor(async () => ((await ask()) === "fine" ? true : undefined), 5000);
  });

  test("fails cold requests without a call to what the token is for", async () => {
    await goDown();
    expect(await askAtOnce(20)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await count(BENEFITS)).toBe(0);
    expect(await count(TOKENS)).toBeLessThanOrEqual(3);
  });
});

describe("a token's lifetime", () => {
  const MINUTE_MS = 60_000;
  const DAY_MS = 86_400_000;

  test.each([
    ["that is missing", {}, MINUTE_MS],
    ["of 0", { expires_in: 0 }, MINUTE_MS],
    ["that is negative", { expires_in: -3600 }, MINUTE_MS],
    ["of 1e12 seconds", { expires_in: 1e12 }, DAY_MS],
    ["that is no number", { expires_in: "abc" }, MINUTE_MS],
    ["that is null", { expires_in: null }, MINUTE_MS],
  ])("%s neither stops reads nor asks for a token each time", async (_case, lifetime, atMostMs) => {
    await answerWithLifetime(lifetime);
    expect(await askAtOnce(10)).toEqual(["fine"]);
    expect(await ask()).toBe("fine");
    expect(await count(TOKENS)).toBe(1);
    const { held, expiresInMs } = await tokenState();
    expect(held).toBe(true);
    expect(expiresInMs).toBeGreaterThan(atMostMs / 2);
    expect(expiresInMs).toBeLessThanOrEqual(atMostMs);
  });
});
