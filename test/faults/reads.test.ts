import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const TIMEOUT_MS = 400;

/** What no client may ever read: the provider's hosts, bodies and status texts. */
const PROVIDER_WORDS =
  /127\.0\.0\.1|localhost|ECONN|socket|undici|axios|html|zod|JSON|status code|avibra|delbank|errorcode/i;

const FAULTS: readonly (readonly [name: string, fault: Record<string, unknown>, code: string])[] = [
  ["a 500", { kind: "status", status: 500, body: "secret provider words" }, "PROVIDER_UNAVAILABLE"],
  ["a 503", { kind: "status", status: 503 }, "PROVIDER_UNAVAILABLE"],
  ["a 408", { kind: "status", status: 408 }, "PROVIDER_TIMEOUT"],
  ["a 429", { kind: "status", status: 429, headers: { "retry-after": "1" } }, "RATE_LIMITED"],
  ["a 403", { kind: "status", status: 403 }, "PROVIDER_AUTH"],
  ["a 404 page of a gateway", { kind: "status", status: 404, body: "<html>no route</html>" }, "PROVIDER_CONTRACT"],
  ["a 418", { kind: "status", status: 418 }, "PROVIDER_CONTRACT"],
  ["a 204", { kind: "status", status: 204 }, "PROVIDER_CONTRACT"],
  ["a reset before the answer", { kind: "resetBeforeCommit" }, "PROVIDER_UNAVAILABLE"],
  ["a hang", { kind: "hangBeforeCommit" }, "PROVIDER_TIMEOUT"],
  ["a body that is cut", { kind: "truncatedBody" }, "PROVIDER_CONTRACT"],
  ["broken JSON", { kind: "malformedJson" }, "PROVIDER_CONTRACT"],
  ["HTML", { kind: "htmlBody" }, "PROVIDER_CONTRACT"],
  ["an empty body", { kind: "emptyBody" }, "PROVIDER_CONTRACT"],
  ["another shape", { kind: "wrongShape" }, "PROVIDER_CONTRACT"],
  ["a 25 MB body", { kind: "hugeBody" }, "PROVIDER_CONTRACT"],
  ["an endless body", { kind: "endlessBody" }, "PROVIDER_CONTRACT"],
  ["a body byte by byte", { kind: "slowBody", delayMs: 100 }, "PROVIDER_TIMEOUT"],
  ["a redirect", { kind: "redirect" }, "PROVIDER_CONTRACT"],
];

describe.each([
  ["Avibra", "avibra", "/user/benefits", "me", "{ me { benefits { id } } }"],
  [
    "Delbank",
    "delbank",
    "/automatic-pix",
    "pixAuthorization",
    '{ pixAuthorization(recurrenceId: "RR0435879820240605njua7shf40o") { status } }',
  ],
] as const)("when %s fails", (_name, vendor, path, field, query) => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph({ AVIBRA_TIMEOUT_MS: `${TIMEOUT_MS}`, DELBANK_TIMEOUT_MS: `${TIMEOUT_MS}` });
  });
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    await subgraph[vendor].reset();
  });

  test.each(FAULTS)("%s becomes its code, with nothing of the provider", async (_fault, fault, code) => {
    await subgraph[vendor].addFault({ match: { path }, ...fault });
    const { data, errors } = await subgraph.graphql(query);
    expect(data[field]).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toEqual({
      code,
      retryable: ["PROVIDER_UNAVAILABLE", "PROVIDER_TIMEOUT", "RATE_LIMITED"].includes(code),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(JSON.stringify({ message: errors?.[0]?.message, data })).not.toMatch(PROVIDER_WORDS);
    expect(await subgraph[vendor].requests("/__sandbox")).toEqual([]); // a redirect is never followed
  });

  test("the next read works: no fault leaves a broken connection behind", async () => {
    await subgraph[vendor].addFault({ match: { path }, kind: "resetBeforeCommit" });
    await subgraph.graphql(query);
    const { errors } = await subgraph.graphql(query);
    expect(errors).toBeUndefined();
  });
});

describe("one provider's failure", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  test("leaves the other provider's fields whole", async () => {
    await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 500 });
    const { data, errors } = await subgraph.graphql(
      '{ user(id: "u-1001") { currentOffer { status } } pixAuthorization(recurrenceId: "RR0435879820240605njua7shf40o") { status } }',
    );
    expect(data).toEqual({ user: { currentOffer: null }, pixAuthorization: { status: "ACTIVE" } });
    expect(errors?.map(({ path }) => path)).toEqual([["user", "currentOffer"]]);
  });

  test("of a token that is not accepted any more is mended by one new token and one repeat", async () => {
    await subgraph.avibra.reset();
    await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 401 });
    const { errors } = await subgraph.graphql("{ me { benefits { id } } }");
    expect(errors).toBeUndefined();
    const paths = (await subgraph.avibra.requests()).map(({ path }) => path);
    expect(paths).toEqual(["/user/benefits/u-1001", "/oauth2/token", "/user/benefits/u-1001"]);
  });

  test("to accept even a new token is not tried a third time", async () => {
    await subgraph.avibra.reset();
    await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 401, times: 5 });
    const { errors } = await subgraph.graphql("{ me { benefits { id } } }");
    expect(errors?.[0]?.extensions.code).toBe("PROVIDER_AUTH");
    expect(await subgraph.avibra.requests("/user/benefits")).toHaveLength(2);
  });
});

describe("the access token", () => {
  let subgraph: TestSubgraph;
  beforeEach(async () => (subgraph = await startSubgraph({ AVIBRA_TIMEOUT_MS: "400" })));
  afterEach(() => subgraph.stop());

  test.each([
    [{ kind: "status", status: 400 }, "PROVIDER_AUTH"],
    [{ kind: "status", status: 500 }, "PROVIDER_UNAVAILABLE"],
    [{ kind: "hangBeforeCommit" }, "PROVIDER_TIMEOUT"],
    [{ kind: "wrongShape" }, "PROVIDER_CONTRACT"],
  ])("that cannot be had (%j) reads %s and is tried anew by the next request", async (fault, code) => {
    await subgraph.avibra.addFault({ match: { path: "/oauth2/token" }, ...fault });
    const refused = await subgraph.graphql("{ me { benefits { id } } }");
    expect(refused.errors?.[0]?.extensions.code).toBe(code);
    const next = await subgraph.graphql("{ me { benefits { id } } }");
    expect(next.errors).toBeUndefined();
  });

  test("is not waited for longer than the operation may take", async () => {
    const impatient = await startSubgraph({ REQUEST_TIMEOUT_MS: "300" });
    await impatient.avibra.addFault({ match: { path: "/oauth2/token" }, kind: "hangBeforeCommit" });
    const { errors } = await impatient.graphql("{ me { benefits { id } } }");
    expect(errors?.[0]?.extensions.code).toBe("PROVIDER_TIMEOUT");
    const patient = impatient.logs
      .map((line) => JSON.parse(line) as { call?: string })
      .filter(({ call }) => call === "avibra.token.fetch");
    expect(patient).toEqual([]); // the fetch itself is still under way
    await impatient.stop();
  });

  test("is fetched once for 100 cold reads", async () => {
    const ask = (index: number) => `u${index}: user(id: "x-${index}") { benefits { id } }`;
    await subgraph.graphql(`{ ${Array.from({ length: 100 }, (_, index) => ask(index)).join(" ")} }`);
    expect(await subgraph.avibra.requests("/oauth2/token")).toHaveLength(1);
    expect(await subgraph.avibra.requests("/user/benefits")).toHaveLength(100);
  });
});
