import { readMetric } from "../kit/http/metrics";
import { sendMutation, MUTATIONS, fetchOperation } from "../kit/seeds/mutations";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const BENEFITS = "/user/benefits";
const OFFER = "{ me { currentOffer { offer { id } } } }";

let subgraph: TestSubgraph;
const start = async (environment: Readonly<Record<string, string>> = {}) => {
  subgraph = await startSubgraph({ RETRY_PERCENT: "10", EXPOSE_UPSTREAM_COST: "true", ...environment });
};
afterEach(() => subgraph.stop());

const fault = (more: Readonly<Record<string, unknown>>) =>
  subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503, ...more });
const ask = async () => {
  const { data, errors, extensions } = await subgraph.graphql(OFFER);
  return { offer: data?.me.currentOffer?.offer.id, code: errors?.[0]?.extensions.code, upstream: extensions?.upstream };
};
const receivedAt = async () => (await subgraph.avibra.requests(BENEFITS)).map(({ at }) => Date.parse(at));

describe("a read", () => {
  test.each([
    ["a 503", {}],
    ["a 408", { status: 408 }],
    ["a 429", { status: 429 }],
    ["a reset", { kind: "resetBeforeCommit" }],
  ])("that meets %s is tried once more, and says so", async (_case, more) => {
    await start();
    await fault(more);
    expect(await ask()).toMatchObject({ offer: "plus", upstream: { calls: 2, retries: 1 } });
    expect(await receivedAt()).toHaveLength(2);
  });

  test("is tried three times at the most", async () => {
    await start();
    await fault({ times: 9 });
    expect(await ask()).toMatchObject({ code: "PROVIDER_UNAVAILABLE", upstream: { calls: 3, retries: 2 } });
    expect(await receivedAt()).toHaveLength(3);
  });

  test.each([
    ["a 403", { status: 403 }],
    ["a 422", { status: 422 }],
    ["a body that is cut", { kind: "truncatedBody", status: 200 }],
    ["another shape", { kind: "wrongShape", status: 200 }],
  ])("that meets %s is not tried again", async (_case, more) => {
    await start();
    await fault(more);
    expect((await ask()).upstream).toMatchObject({ calls: 1, retries: 0 });
  });

  test("that is cut by the operation's deadline is counted all the same", async () => {
    await start({ REQUEST_TIMEOUT_MS: "700" });
    await ask();
    await fault({ kind: "hangBeforeCommit" });
    const { errors, extensions } = await subgraph.graphql('{ user(id: "u-1002") { currentOffer { status } } }');
    expect(errors?.[0]?.extensions.code).toBe("PROVIDER_TIMEOUT");
    expect(extensions?.upstream).toMatchObject({ calls: 1, retries: 0 });
  });

  test("is not tried again with RETRY_PERCENT=0", async () => {
    await start({ RETRY_PERCENT: "0" });
    await fault({});
    expect(await ask()).toMatchObject({ code: "PROVIDER_UNAVAILABLE", upstream: { calls: 1, retries: 0 } });
    expect(await receivedAt()).toHaveLength(1);
  });

  test("is tried again for others who wait for it too, not once for each of them", async () => {
    await start();
    await fault({ delayMs: 300 });
    const answers = await Promise.all(Array.from({ length: 5 }, ask));
    expect(answers.map(({ offer }) => offer)).toEqual(Array(5).fill("plus"));
    expect(await receivedAt()).toHaveLength(2);
  });
});

describe("what a provider asks for by Retry-After", () => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
  test.each([
    ["a second", () => "1", (_header: string, first: number) => first + 1000],
    ["a date", () => inSeconds(2), (header: string) => Date.parse(header)],
  ])("%s: is waited for", async (_case, createHeader, getEarliest) => {
    await start();
    const retryAfter = createHeader();
    await fault({ headers: { "retry-after": retryAfter } });
    expect((await ask()).offer).toBe("plus");
    const [first = 0, second = 0] = await receivedAt();
    expect(second).toBeGreaterThanOrEqual(getEarliest(retryAfter, first) - 5); // two clocks of one machine
  });

  test.each(["-5", "0", "soon", inSeconds(-60)])("%s: is no reason to wait", async (retryAfter) => {
    await start({ REQUEST_TIMEOUT_MS: "5000" });
    await fault({ headers: { "retry-after": retryAfter } });
    expect(await ask()).toMatchObject({ offer: "plus", upstream: { calls: 2, retries: 1 } });
  });

  test.each(["1e9", "1000000000", inSeconds(86_400), "6"])(
    "%s: is beyond the deadline, so the answer is an error at once",
    async (retryAfter) => {
      await start({ REQUEST_TIMEOUT_MS: "5000" });
      await fault({ headers: { "retry-after": retryAfter } });
      const startedAt = performance.now();
      expect(await ask()).toMatchObject({ code: "PROVIDER_UNAVAILABLE", upstream: { calls: 1, retries: 0 } });
      expect(performance.now() - startedAt).toBeLessThan(4000);
      expect(await receivedAt()).toHaveLength(1);
    },
  );
});

describe("a mutation", () => {
  const find = (wanted: string) => MUTATIONS.filter(({ name }) => name === wanted);
  const send = async (mutation: (typeof MUTATIONS)[number], times: number) => {
    await subgraph[mutation.vendor].addFault({
      match: { method: mutation.method, path: mutation.path },
      kind: "status",
      status: 503,
      times,
    });
    const { data } = await sendMutation(subgraph, mutation, { input: { ...mutation.input, idempotencyKey: "press" } });
    return data[mutation.name].operation as { id: string; status: string; attempts: number };
  };

  test.each(find("changeOffer"))("$name is sent again with the same key", async (mutation) => {
    await start();
    expect(await send(mutation, 1)).toMatchObject({ status: "SUCCEEDED", attempts: 2 });
    const keys = (await subgraph.avibra.requests(mutation.path)).map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test.each(find("changeOffer"))(
    "$name that was sent again says so: in its answer and in the metrics",
    async (mutation) => {
      await start({ EXPOSE_UPSTREAM_COST: "true" });
      await subgraph.avibra.addFault({ match: { path: mutation.path }, kind: "resetAfterCommit", times: 2 });
      const input = { ...mutation.input, idempotencyKey: "press" };
      const { data, extensions } = await sendMutation(subgraph, mutation, { input });
      expect(data[mutation.name].operation).toMatchObject({ status: "SUCCEEDED", attempts: 3 });
      expect(extensions?.upstream).toMatchObject({ calls: 3, retries: 2 });
      expect(await readMetric(subgraph, "benefits_pix_provider_retries_total")).toEqual({
        'endpoint="avibra.offers.change"': 2,
      });
    },
  );

  test.each(find("changeOffer"))("$name is not, in the same go, with RETRY_PERCENT=0", async (mutation) => {
    await start({ RETRY_PERCENT: "0", RECONCILE_INTERVAL_MS: "60000" });
    expect(await send(mutation, 1)).toMatchObject({ status: "UNCONFIRMED", attempts: 1 });
    expect(await subgraph.avibra.requests(mutation.path)).toHaveLength(1);
  });

  test.each(find("cancelPixAuthorization"))("$name is sent once, whatever becomes of it", async (mutation) => {
    await start({ RECONCILE_INTERVAL_MS: "50", CONFIRMATION_WINDOW_MS: "1000" });
    const { id, status, attempts } = await send(mutation, 9);
    expect({ status, attempts }).toEqual({ status: "UNCONFIRMED", attempts: 1 });
    await waitFor(async () => ((await fetchOperation(subgraph, id)).status === "NEEDS_ATTENTION" ? true : undefined));
    const sent = await subgraph.delbank.requests(`/baas/api/v1/automatic-pix/authorizations/${RECURRENCE_ID}`);
    expect(sent.filter(({ method }) => method === "POST")).toHaveLength(1);
    expect(sent.filter(({ method }) => method === "GET").length).toBeGreaterThan(1); // it was looked for
  });
});
