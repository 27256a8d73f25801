import { gzipSync } from "node:zlib";
import { type ProviderGateway, startProviderGateway } from "../kit/network/provider-gateway";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

type Fault = Readonly<Record<string, unknown>>;

/** What no client may ever read: the provider's hosts, bodies and status texts. */
const PROVIDER_WORDS =
  /127\.0\.0\.1|localhost|ECONN|socket|undici|axios|html|zod|JSON|status code|avibra|delbank|errorcode/i;

const FAULTS: readonly (readonly [name: string, fault: Fault, code: string])[] = [
  ["a 500", { kind: "status", status: 500, body: "secret provider words" }, "PROVIDER_UNAVAILABLE"],
  ["a 503", { kind: "status", status: 503 }, "PROVIDER_UNAVAILABLE"],
  ["a 408", { kind: "status", status: 408 }, "PROVIDER_TIMEOUT"],
  ["a 429", { kind: "status", status: 429, headers: { "retry-after": "1" } }, "RATE_LIMITED"],
  ["a 403", { kind: "status", status: 403 }, "PROVIDER_AUTH"],
  ["a 404 page of a gateway", { kind: "status", status: 404, body: "<html>no route</html>" }, "PROVIDER_CONTRACT"],
  ["a 418", { kind: "status", status: 418 }, "PROVIDER_CONTRACT"],
  ["a 204", { kind: "status", status: 204 }, "PROVIDER_CONTRACT"],
  ["a reset before the response", { kind: "resetBeforeCommit" }, "PROVIDER_UNAVAILABLE"],
  ["a truncated body", { kind: "truncatedBody" }, "PROVIDER_CONTRACT"],
  ["malformed JSON", { kind: "malformedJson" }, "PROVIDER_CONTRACT"],
  ["HTML", { kind: "htmlBody" }, "PROVIDER_CONTRACT"],
  ["an empty body", { kind: "emptyBody" }, "PROVIDER_CONTRACT"],
  ["a body of another shape", { kind: "wrongShape" }, "PROVIDER_CONTRACT"],
  ["a body of 25 MB", { kind: "hugeBody" }, "PROVIDER_CONTRACT"],
  ["a body without an end", { kind: "endlessBody" }, "PROVIDER_CONTRACT"],
  ["a redirect", { kind: "redirect" }, "PROVIDER_CONTRACT"],
];
/** Only the call's timeout ends these. */
const TIMEOUT_FAULTS: typeof FAULTS = [
  ["no response", { kind: "hangBeforeCommit" }, "PROVIDER_TIMEOUT"],
  ["a body sent byte by byte", { kind: "slowBody", delayMs: 100 }, "PROVIDER_TIMEOUT"],
];

const READS = [
  ["Avibra", "avibra", "/user/benefits", { me: { benefits: null } }, "{ me { benefits { id } } }"],
  [
    "Delbank",
    "delbank",
    "/automatic-pix",
    { pixAuthorization: null },
    `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`,
  ],
] as const;
const casesOf = (faults: typeof FAULTS) =>
  READS.flatMap((read) => faults.map(([name, fault, code]) => [read[0], name, code, { read, fault }] as const));

/** Reads while the provider plays the fault, and expects this code and nothing else of the failure. */
async function expectCode(
  subgraph: TestSubgraph,
  code: string,
  { read, fault }: { read: (typeof READS)[number]; fault: Fault },
): Promise<void> {
  const [, vendor, path, expected, query] = read;
  await subgraph[vendor].reset();
  await subgraph[vendor].addFault({ match: { path }, ...fault });
  const { data, errors } = await subgraph.graphql(query);
  expect(data).toEqual(expected);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.extensions).toEqual({
    code,
    retryable: ["PROVIDER_UNAVAILABLE", "PROVIDER_TIMEOUT", "RATE_LIMITED"].includes(code),
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(JSON.stringify({ message: errors?.[0]?.message, data })).not.toMatch(PROVIDER_WORDS);
  expect(await subgraph[vendor].requests("/__sandbox")).toEqual([]); // a redirect is never followed
}

describe("with timeouts that never fire", () => {
  let gateway: ProviderGateway;
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    gateway = await startProviderGateway(() => subgraph.delbank.url);
    subgraph = await startSubgraph({ DELBANK_BASE_URL: `${gateway.url}/baas/api/v1` });
  });
  afterAll(async () => {
    await subgraph.stop();
    await gateway.close();
  });
  beforeEach(() => Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]));

  test.each(casesOf(FAULTS))("a read of %s that gets %s fails with %s and shows nothing of the provider", (...row) =>
    expectCode(subgraph, row[2], row[3]),
  );

  test.each(READS)("a read of %s after a connection reset succeeds", async (_name, vendor, path, _expected, query) => {
    await subgraph[vendor].addFault({ match: { path }, kind: "resetBeforeCommit" });
    await subgraph.graphql(query);
    expect((await subgraph.graphql(query)).errors).toBeUndefined();
  });

  test("a failed read of one provider leaves the other provider's fields complete", async () => {
    await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 500 });
    const { data, errors } = await subgraph.graphql(
      `{ user(id: "${MEMBER_ID}") { currentOffer { status } } pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`,
    );
    expect(data).toEqual({ user: { currentOffer: null }, pixAuthorization: { status: "ACTIVE" } });
    expect(errors?.map(({ path }) => path)).toEqual([["user", "currentOffer"]]);
  });

  describe("a read of Delbank", () => {
    const query = READS[1][4];
    afterEach(() => {
      gateway.changeBodies(undefined);
    });

    test("asks for no compression and reads an uncompressed response", async () => {
      gateway.changeBodies((body) => ({ body, encoding: "identity" }));
      expect(await subgraph.graphql(query)).toEqual({ data: { pixAuthorization: { status: "ACTIVE" } } });
      expect(gateway.received.at(-1)).not.toHaveProperty("accept-encoding");
    });

    test.each([
      ["a compressed response", (plain: Buffer) => gzipSync(plain)],
      ["64 MiB compressed to 64 kB", () => gzipSync(Buffer.alloc(64 * 2 ** 20, " "))],
    ])("fails with PROVIDER_CONTRACT if it gets %s, which is not decompressed", async (_case, compress) => {
      gateway.changeBodies((plain) => ({ body: compress(plain), encoding: "gzip" }));
      const { data, errors } = await subgraph.graphql(query);
      expect(data).toEqual({ pixAuthorization: null });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["PROVIDER_CONTRACT"]);
    });
  });
});

describe("with short timeouts of calls", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    const timeouts = { AVIBRA_TIMEOUT_MS: "300", DELBANK_TIMEOUT_MS: "300" };
    subgraph = await startSubgraph({ ...timeouts });
  });
  afterAll(() => subgraph.stop());

  test.each(casesOf(TIMEOUT_FAULTS))(
    "a read of %s that gets %s fails with %s and shows nothing of the provider",
    (...row) => expectCode(subgraph, row[2], row[3]),
  );

  test("a read that gets no access token in time fails with PROVIDER_TIMEOUT", async () => {
    const tokenless = await startSubgraph({ AVIBRA_TIMEOUT_MS: "300" });
    try {
      await tokenless.avibra.addFault({ match: { path: "/oauth2/token" }, kind: "hangBeforeCommit" });
      const { errors } = await tokenless.graphql(READS[0][4]);
      expect(errors?.[0]?.extensions.code).toBe("PROVIDER_TIMEOUT");
    } finally {
      await tokenless.stop();
    }
  });
});
