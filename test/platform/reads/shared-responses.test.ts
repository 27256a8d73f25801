import { readMetric } from "../../kit/http/metrics";
import { sendMutation, findMutation, MUTATIONS, fetchOperation } from "../../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../../kit/tokens/claims";
import { RECURRENCE_ID } from "../../kit/seeds/ids";
import { waitFor } from "../../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { type GraphqlOptions, type UpstreamCost } from "../../kit/http/graphql-client";

const OFFER = "{ me { currentOffer { offer { id } } } }";
const OWN = { sub: "u-1001" };
const BENEFITS = "/user/benefits";
const FREE = { calls: 0, retries: 0, coalesced: 0, cacheHits: 0 };

let subgraph: TestSubgraph;
const start = async (environment: Readonly<Record<string, string>> = {}) => {
  subgraph = await startSubgraph({ READ_CACHE_MS: "60000", EXPOSE_UPSTREAM_COST: "true", ...environment });
};
afterEach(() => subgraph.stop());

const ask = async (query = OFFER, sending: GraphqlOptions = { claims: OWN }) => {
  const { data, errors, extensions } = await subgraph.graphql(query, sending);
  return { data, code: errors?.[0]?.extensions.code, upstream: extensions?.upstream ?? FREE };
};
const sumOf = (costs: readonly UpstreamCost[], name: keyof UpstreamCost) =>
  costs.reduce((sum, cost) => sum + (cost[name] ?? 0), 0);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const slowly = (delayMs: number) =>
  subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "delay", delayMs, times: 9 });

describe("500 identical reads at the same time", () => {
  test("of one principal cost one call, and each answer says what it cost", async () => {
    await start();
    await slowly(500);
    const answers = await Promise.all(Array.from({ length: 500 }, () => ask()));
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
    expect(answers.every(({ data }) => data.me.currentOffer.offer.id === "plus")).toBe(true);
    const costs = answers.map(({ upstream }) => upstream);
    expect(sumOf(costs, "calls")).toBe(1);
    expect(sumOf(costs, "coalesced")).toBeGreaterThan(0);
    expect(sumOf(costs, "coalesced") + sumOf(costs, "cacheHits")).toBe(499);
  });

  test("of two principals cost two", async () => {
    await start();
    await slowly(500);
    const staff = { sub: "support", scope: "users:read:any" };
    const query = '{ user(id: "u-1001") { currentOffer { offer { id } } } }';
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => ask(query, { claims: index % 2 === 0 ? OWN : staff })),
    );
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(2);
    expect(answers.every(({ data }) => data.user.currentOffer.offer.id === "plus")).toBe(true);
  });
});

describe("reads that are joined", () => {
  test("are counted as such even where nothing is kept", async () => {
    await start({ READ_CACHE_MS: "0" });
    await slowly(1500);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(answers.map(({ upstream }) => upstream)).toEqual(
      expect.arrayContaining([
        { ...FREE, calls: 1 },
        { ...FREE, coalesced: 1 },
      ]),
    );
    expect(
      sumOf(
        answers.map(({ upstream }) => upstream),
        "coalesced",
      ),
    ).toBe(19);
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
  });

  test("go on when the client of the first of them closes its connection", async () => {
    await start({ READ_CACHE_MS: "0" });
    await slowly(1000);
    const client = new AbortController();
    const first = ask(OFFER, { claims: OWN, signal: client.signal }).catch((error: unknown) => (error as Error).name);
    await waitFor(async () => ((await subgraph.avibra.requests(BENEFITS)).length === 1 ? true : undefined));
    const others = Array.from({ length: 5 }, () => ask());
    client.abort();
    expect(await first).toBe("AbortError");
    expect((await Promise.all(others)).map(({ data }) => data.me.currentOffer.offer.id)).toEqual(Array(5).fill("plus"));
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
  });

  test("all fail when the one call fails, and the next read asks anew", async () => {
    await start();
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503, delayMs: 500 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask()));
    expect(answers.map(({ code }) => code)).toEqual(Array(5).fill("PROVIDER_UNAVAILABLE"));
    expect((await ask()).code).toBeUndefined();
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(2);
  });
});

describe("a second read", () => {
  test("of the same principal costs nothing, by whatever field it is asked", async () => {
    await start();
    await ask();
    expect(await ask()).toMatchObject({ upstream: { ...FREE, cacheHits: 1 } });
    const other = '{ user(id: "u-1001") { benefits { id } } }';
    expect(await ask(other)).toMatchObject({ code: undefined, upstream: { ...FREE, cacheHits: 1 } });
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
  });

  test.each([
    ["another user id", { sub: "support", scope: "users:read:any" }],
    ["another tax id", { sub: "u-1001", tax_id: "04623217035" }],
    ["another scope", { sub: "u-1001", scope: "pii:read" }],
  ])("of a principal with %s costs a call of its own", async (_claim, claims) => {
    await start();
    const query = '{ user(id: "u-1001") { currentOffer { offer { id } } } }';
    await ask(query);
    expect(await ask(query, { claims })).toMatchObject({ code: undefined, upstream: { ...FREE, calls: 1 } });
  });

  test("of an authorization that is not the caller's is null still: nobody gets another one's answer", async () => {
    await start();
    const query = `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`;
    const payer = { sub: "u-1001", tax_id: "04623217035" };
    expect((await ask(query, { claims: payer })).data).toEqual({ pixAuthorization: { status: "ACTIVE" } });
    const stranger = { sub: "u-1001", tax_id: "77379362038" };
    for (let time = 0; time < 2; time += 1) {
      expect((await ask(query, { claims: stranger })).data).toEqual({ pixAuthorization: null });
    }
  });

  test("costs a call with READ_CACHE_MS=0", async () => {
    await start({ READ_CACHE_MS: "0" });
    for (let time = 0; time < 3; time += 1) expect((await ask()).upstream).toEqual({ ...FREE, calls: 1 });
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(3);
  });
});

test("what is kept takes no more than READ_CACHE_BYTES, however many members are read", async () => {
  await start({ READ_CACHE_BYTES: "20000" });
  const claims = { sub: "support", scope: "users:read:any" };
  const bytes: number[] = [];
  for (let request = 0; request < 6; request += 1) {
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

describe("an answer that is older than READ_CACHE_MS", () => {
  const aged = { READ_CACHE_MS: "1", READ_CACHE_STALE_MS: "0" };

  test("is given once more while it is fetched anew, and says so", async () => {
    await start({ READ_CACHE_MS: "1", READ_CACHE_STALE_MS: "60000" });
    await ask();
    await pause(5);
    const { upstream } = await ask();
    expect(upstream).toMatchObject({ cacheHits: 1, stale: 1 });
    await waitFor(async () => ((await subgraph.avibra.requests(BENEFITS)).length === 2 ? true : undefined));
  });

  test.each(["status", "resetBeforeCommit"])(
    "is given, and says so, while the provider cannot be asked (%s)",
    async (kind) => {
      await start(aged);
      await ask();
      await pause(5);
      await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind, ...(kind === "status" && { status: 503 }) });
      expect(await ask()).toMatchObject({
        code: undefined,
        data: { me: { currentOffer: { offer: { id: "plus" } } } },
        upstream: { calls: 1, cacheHits: 1, stale: 1 },
      });
      expect((await ask()).upstream).toEqual({ ...FREE, calls: 1 }); // the provider is back
    },
  );

  test.each([
    ["credentials that are refused", { kind: "status", status: 403 }, "PROVIDER_AUTH"],
    ["a refusal", { kind: "status", status: 422 }, "PROVIDER_CONTRACT"],
    ["an answer that cannot be read", { kind: "wrongShape" }, "PROVIDER_CONTRACT"],
  ])("is not given in place of %s", async (_case, fault, code) => {
    await start(aged);
    await ask();
    await pause(5);
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, ...fault });
    expect((await ask()).code).toBe(code);
  });

  test("is not given beyond READ_CACHE_STALE_IF_ERROR_MS", async () => {
    await start({ ...aged, READ_CACHE_STALE_IF_ERROR_MS: "0" });
    await ask();
    await pause(5);
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503 });
    expect((await ask()).code).toBe("PROVIDER_UNAVAILABLE");
  });
});

describe("behind a mutation", () => {
  const readOf = (input: Readonly<Record<string, unknown>>) =>
    typeof input["recurrenceId"] === "string"
      ? `{ pixAuthorization(recurrenceId: "${input["recurrenceId"]}") { status cancellations { id } } }`
      : `{ user(id: "${String(input["userId"])}") { currentOffer { status offer { id } } benefits { id } } }`;
  const read = async (input: Readonly<Record<string, unknown>>, claims = PAYER_CLAIMS) => {
    const { data, upstream } = await ask(readOf(input), { claims });
    return { data, isFresh: upstream.calls === 1 };
  };
  const changeOffer = findMutation("changeOffer");

  test.each(MUTATIONS)("$name, the next read is fresh, for every principal", async (mutation) => {
    await start();
    const other = { ...PAYER_CLAIMS, scope: `${PAYER_CLAIMS.scope} pii:read` };
    const readers = [PAYER_CLAIMS, other];
    for (const claims of readers) await read(mutation.input, claims);
    for (const claims of readers) expect(await read(mutation.input, claims)).toMatchObject({ isFresh: false });
    const input = { ...mutation.input, idempotencyKey: "press" };
    const { data } = await sendMutation(subgraph, mutation, { input });
    expect(data[mutation.name].operation.status).toBe("SUCCEEDED");
    for (const claims of readers) expect(await read(mutation.input, claims)).toMatchObject({ isFresh: true });
  });

  test.each(MUTATIONS.filter(({ name }) => name !== "createPortalLink"))(
    "$name, whose answer was lost, the next read is fresh and shows the effect",
    async (mutation) => {
      await start();
      const before = await read(mutation.input);
      const fault = { match: { method: mutation.method, path: mutation.path }, kind: "resetAfterCommit", times: 5 };
      await subgraph[mutation.vendor].addFault(fault);
      const input = { ...mutation.input, idempotencyKey: "press" };
      const { data } = await sendMutation(subgraph, mutation, { input });
      expect(data[mutation.name].operation.status).toBe("UNCONFIRMED");
      const after = await read(mutation.input);
      expect(after.isFresh).toBe(true);
      const changesWhatIsRead = !["updateUser", "prefillUser"].includes(mutation.name);
      expect(JSON.stringify(after.data) !== JSON.stringify(before.data)).toBe(changesWhatIsRead);
    },
  );

  test("that is settled later by the reconciler, the next read is fresh once more", async () => {
    await start({ RECONCILE_INTERVAL_MS: "50" });
    const { input } = changeOffer;
    await subgraph.avibra.addFault({ match: { path: changeOffer.path }, kind: "resetBeforeCommit" });
    const { data } = await sendMutation(subgraph, changeOffer, { input: { ...input, idempotencyKey: "press" } });
    const { id, status } = data.changeOffer.operation;
    expect(status).toBe("UNCONFIRMED");
    expect((await read(input)).data.user.currentOffer.offer.id).toBe("plus"); // and it is kept
    expect(await read(input)).toMatchObject({ isFresh: false });
    await waitFor(async () => ((await fetchOperation(subgraph, id)).status === "SUCCEEDED" ? true : undefined));
    const after = await read(input);
    expect(after.isFresh).toBe(true);
    expect(after.data.user.currentOffer.offer.id).toBe("premium");
  });

  test("that the reconciler has worked on and not settled, the next read is fresh too: it may have happened by now", async () => {
    await start({ RECONCILE_INTERVAL_MS: "50" });
    const pix = findMutation("cancelPixAuthorization");
    await subgraph.delbank.addFault({ match: { method: pix.method, path: pix.path }, kind: "resetBeforeCommit" });
    const { data } = await sendMutation(subgraph, pix, { input: { ...pix.input, idempotencyKey: "press" } });
    const { id } = data.cancelPixAuthorization.operation;
    await read(pix.input);
    expect(await read(pix.input)).toMatchObject({ isFresh: false });
    await waitFor(async () => ((await read(pix.input)).isFresh ? true : undefined));
    expect(await fetchOperation(subgraph, id)).toMatchObject({ status: "UNCONFIRMED" });
  });

  test("what was read of others is still given", async () => {
    await start();
    const others = { userId: "u-1002" };
    await read(others);
    await sendMutation(subgraph, changeOffer, { input: { ...changeOffer.input, idempotencyKey: "press" } });
    expect(await read(others)).toMatchObject({ isFresh: false });
  });

  test("a member is read in the same document, fresh", async () => {
    await start();
    const { input } = changeOffer;
    await read(input);
    const query = `mutation($input: ChangeOfferInput!) {
      changeOffer(input: $input) { user { currentOffer { offer { id } } } }
    }`;
    const variables = { input: { ...input, idempotencyKey: "press" } };
    const { data } = await ask(query, { variables, claims: PAYER_CLAIMS });
    expect(data.changeOffer.user.currentOffer.offer.id).toBe("premium");
  });
});

describe("entities from what is kept", () => {
  const query = `query($representations: [_Any!]!) {
    _entities(representations: $representations) {
      __typename
      ... on User { id currentOffer { offer { id } } }
      ... on Benefit { id userId name }
      ... on PixAuthorization { recurrenceId status cancellations { id } }
    }
  }`;
  const representations = [
    { __typename: "User", id: "u-1001" },
    { __typename: "Benefit", userId: "u-1001", id: "acc-ins" },
    { __typename: "Benefit", userId: "u-1001", id: "acc-ins" },
    { __typename: "PixAuthorization", recurrenceId: "RR3822485720260110cancelled01" },
  ];
  const resolve = () =>
    ask(query, { variables: { representations }, claims: { sub: "support", scope: "users:read:any pix:read:any" } });

  test("are objects of each request's own: their __typename is written again and again", async () => {
    await start();
    const answers = [await resolve(), ...(await Promise.all([resolve(), resolve(), resolve()]))];
    for (const { data, code } of answers) {
      expect(code).toBeUndefined();
      expect(data).toEqual(answers[0]?.data);
      expect(data._entities.map((entity: { __typename: string }) => entity.__typename)).toEqual(
        representations.map(({ __typename }) => __typename),
      );
    }
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
  });

  test("are objects of each request's own where they were joined, too", async () => {
    await start({ READ_CACHE_MS: "0" });
    await slowly(500);
    const [one, other] = await Promise.all([resolve(), resolve()]);
    expect(one.code).toBeUndefined();
    expect(other.data).toEqual(one.data);
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
  });
});
