import { connect } from "node:net";
import fc from "fast-check";
import { toDocument, findMutation, MUTATIONS } from "../../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../../kit/tokens/claims";
import { CANCELLATION_ID, MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";

/** Random values for each place. All places draw from the same kinds of text: together over 600 values. */
const RUNS = process.env["TEST_ALL"] === "true" ? 50 : 8;
/** Part of every string that is sent, to find it wherever it goes. */
const MARK = "zQ7xK";

/** Like fast-check's unit `binary`, which computes a table of all code points first: 4 s of processor time. */
const codePoint = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));
const chunk = fc.oneof(
  fc.constant(""),
  fc.string({ unit: codePoint, maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom(
      ..."\r\n\0\t/\\?#@:;%&=+ \"'<>{}[]$`.-_aZ0é\u001b\u2028\u202e",
      "..",
      "%2e",
      "%0d%0a",
      "\ud800",
      "😀",
    ),
  }),
);
const text = fc.tuple(chunk, chunk).map(([before, after]) => before + MARK + after);

interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

const read =
  (type: string, query: string, others: Record<string, string> = {}) =>
  (value: string): GraphqlRequest => ({
    query: `query($x: ${type}!${Object.keys(others)
      .map((name) => `, $${name}: RecurrenceId!`)
      .join("")}) { ${query} }`,
    variables: { x: value, ...others },
  });
const literal =
  (query: string) =>
  (value: string): GraphqlRequest => ({ query: `{ ${query.replace("@", JSON.stringify(value))} }` });
const reference =
  (representation: (value: string) => Record<string, unknown>) =>
  (value: string): GraphqlRequest => ({
    query:
      "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { benefits { id } operations { edges { cursor } } } ... on Benefit { name } ... on PixAuthorization { status } ... on PixCancellation { id } ... on Operation { kind } } }",
    variables: { r: [representation(value)] },
  });

const OPTIONAL = { firstName: 1, lastName: 1, email: 1, phone: 1, birthDate: 1, offerId: 1 };
const ADDRESS = ["line1", "line2", "city", "state", "postalCode", "country"];
const written = MUTATIONS.flatMap((mutation) => {
  const withMembers = (more: Record<string, unknown>): GraphqlRequest => ({
    query: toDocument(mutation),
    variables: { input: { ...mutation.input, idempotencyKey: `p-${Math.random()}`, ...more } },
  });
  const names = Object.keys({ idempotencyKey: 1, ...mutation.input, ...(mutation.name === "prefillUser" && OPTIONAL) });
  const members = names.map(
    (name) => [`${mutation.name}.${name}`, (value: string) => withMembers({ [name]: value })] as const,
  );
  const address = ADDRESS.map(
    (name) =>
      [`${mutation.name}.address.${name}`, (value: string) => withMembers({ address: { [name]: value } })] as const,
  );
  return [...members, ...(mutation.name === "prefillUser" ? address : [])];
});

/** Every place of an operation that takes text. */
const PLACES: readonly (readonly [name: string, create: (value: string) => GraphqlRequest])[] = [
  [
    "user(id)",
    read("UserId", "user(id: $x) { benefits { id } enrollment { status } operations { edges { cursor } } }"),
  ],
  ["user(id), as a literal", literal("user(id: @) { benefits { id } }")],
  ["pixAuthorization(recurrenceId)", read("RecurrenceId", "pixAuthorization(recurrenceId: $x) { status }")],
  ["pixAuthorization(recurrenceId), as a literal", literal("pixAuthorization(recurrenceId: @) { status }")],
  [
    "pixCancellation(id)",
    read("CancellationId", "pixCancellation(recurrenceId: $r, id: $x) { id }", { r: RECURRENCE_ID }),
  ],
  [
    "pixCancellation(recurrenceId)",
    read("RecurrenceId", `pixCancellation(recurrenceId: $x, id: "${CANCELLATION_ID}") { id }`),
  ],
  ["operation(id)", read("ID", "operation(id: $x) { kind }")],
  ["operations(after)", read("String", "me { operations(after: $x) { edges { cursor } } }")],
  ["benefits(status)", read("BenefitStatus", "me { benefits(status: [$x]) { id } }")],
  ["a directive", (value) => ({ query: `{ me @include(if: ${JSON.stringify(value)}) { id } }` })],
  ["a comment", (value) => ({ query: `# ${value}\n{ me { id } }` })],
  ["a block string", (value) => ({ query: `{ user(id: """${value}""") { id } }` })],
  ["the document", (value) => ({ query: value })],
  ["a variable's name", (value) => ({ query: "{ me { id } }", variables: { [value]: value } })],
  ["User.id", reference((id) => ({ __typename: "User", id }))],
  ["Benefit.userId", reference((userId) => ({ __typename: "Benefit", userId, id: "dental" }))],
  ["Benefit.id", reference((id) => ({ __typename: "Benefit", userId: MEMBER_ID, id }))],
  ["PixAuthorization.recurrenceId", reference((recurrenceId) => ({ __typename: "PixAuthorization", recurrenceId }))],
  ["PixCancellation.id", reference((id) => ({ __typename: "PixCancellation", recurrenceId: RECURRENCE_ID, id }))],
  ["Operation.id", reference((id) => ({ __typename: "Operation", id }))],
  ["__typename", reference((name) => ({ __typename: name, id: name }))],
  [
    "an unknown member of a representation",
    reference((value) => ({ __typename: "User", id: MEMBER_ID, email: value, [value]: value })),
  ],
  ...written,
];

let subgraph: TestSubgraph;
beforeAll(async () => (subgraph = await startSubgraph()));
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
  subgraph.logs.length = 0;
});

const PATHS = [
  /^\/oauth2\/token$/,
  /^\/user\/(account\/(create|update)|prefill|offers|linktoken3)$/,
  /^\/user\/(benefits|account\/cancel)\/[A-Za-z0-9_-]{1,64}$/,
  /^\/baas\/api\/v1\/automatic-pix\/authorizations\/[A-Za-z0-9]{29}(\/cancellations(\/[A-Za-z0-9]{29})?)?$/,
];
const HEADERS =
  /^(host|connection|accept|content-type|content-length|transfer-encoding|authorization|version|idempotency-key|x-api-key|x-delbank-api-key|x-delfinance-account-id)$/;

/** Requests to both providers are well-formed; a caller's values are only in a plain path segment or a JSON body. */
async function expectWellFormed(): Promise<void> {
  const received = [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())];
  for (const { path, headers, body } of received) {
    expect(PATHS.filter((known) => known.test(path))).toHaveLength(1);
    for (const [name, value] of Object.entries(headers)) {
      expect(name).toMatch(HEADERS);
      expect(value).toMatch(/^[\x20-\x7e]*$/);
      expect(value).not.toContain(MARK);
    }
    if (body !== "" && path !== "/oauth2/token") expect(() => JSON.parse(body) as unknown).not.toThrow();
  }
}

/** Every line is one JSON text without control characters and without a caller's value. */
function expectCleanLog(): void {
  for (const line of subgraph.logs.splice(0)) {
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
    expect(line).not.toContain(MARK);
  }
}

describe("any text", () => {
  test.each(PLACES)("in %s reaches URLs only as a plain segment, and no header or log line", async (_place, create) => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const { query, variables } = create(value);
        const response = await subgraph.graphql(query, { claims: PAYER_CLAIMS, ...(variables && { variables }) });
        for (const { extensions } of response.errors ?? []) expect(extensions.code).not.toMatch(/^INTERNAL|undefined/);
        expectCleanLog();
      }),
      { numRuns: RUNS },
    );
    await expectWellFormed();
  });

  test("that is valid as a name reaches the provider unchanged", async () => {
    const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).map((name) => `${MARK} "\\ ${name}`);
    await fc.assert(
      fc.asyncProperty(names, fc.uuid(), async (firstName, idempotencyKey) => {
        const variables = { input: { idempotencyKey, userId: "m-named", firstName } };
        const { data } = await subgraph.graphql(toDocument({ name: "prefillUser", selection: "user { id }" }), {
          variables,
        });
        expect(data.prefillUser.operation.status).toBe("SUCCEEDED");
        const sent = (await subgraph.avibra.requests("/user/prefill")).at(-1);
        expect((JSON.parse(sent?.body ?? "{}") as { firstname?: string }).firstname).toBe(firstName);
      }),
      { numRuns: RUNS },
    );
    expectCleanLog();
  });

  test.each(["sub", "tax_id", "scope"])(
    "in the claim %s reaches URLs only as a plain segment, and no header or log line",
    async (claim) => {
      const claims = { ...PAYER_CLAIMS, scope: "pix:cancel pix:cancel:any" };
      await fc.assert(
        fc.asyncProperty(text, async (value) => {
          const token = await subgraph.token({ ...claims, [claim]: value.slice(0, 256) });
          const headers = { authorization: `Bearer ${token}` };
          await subgraph.graphql("{ me { id benefits { id } } }", { claims: null, headers });
          const pix = findMutation("cancelPixAuthorization");
          const variables = {
            input: { ...pix.input, requesterDocument: PAYER_TAX_ID, idempotencyKey: `c-${Math.random()}` },
          };
          await subgraph.graphql(toDocument(pix), { claims: null, headers, variables });
          expectCleanLog();
        }),
        { numRuns: RUNS },
      );
      await expectWellFormed();
    },
  );
});

describe("any bytes", () => {
  /** Sends a request as it is; resolves with the whole response. */
  function exchange(request: string): Promise<string> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect(Number(new URL(subgraph.url).port), "127.0.0.1", () => socket.write(request, "latin1"));
      socket.once("data", () => socket.end()); // only now: Node.js drops a request whose client has ended its side
      socket.on("data", (chunk) => chunks.push(chunk));
      socket.on("error", () => undefined);
      socket.on("close", () => {
        resolve(Buffer.concat(chunks).toString("latin1"));
      });
    });
  }
  const bytes = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 40,
  });
  const BODY = '{"query":"{ __typename }"}';

  test.each([
    "x-request-id",
    "authorization",
    "router-authorization",
    "content-type",
    "cookie",
    "accept",
    "apollo-require-preflight",
    "x-forwarded-for",
    "traceparent",
  ])("in the header %s are in no response and no log line", async (name) => {
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (before, after) => {
        const value = `${before}${MARK}!${after}`; // "!" makes it an invalid request ID: a valid one is returned
        const type = name === "content-type" ? "" : "content-type: application/json\r\n";
        const response = await exchange(
          `POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${type}${name}: ${value}\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
        );
        const head = response.split("\r\n\r\n")[0] ?? "";
        expect(head).toMatch(/^HTTP\/1\.1 \d{3} /);
        expect(response).not.toContain(MARK);
        expectCleanLog();
      }),
      { numRuns: RUNS },
    );
  });

  test("in the URL are in no response and no log line", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (value) => {
        const target = `/${value.replaceAll(/[\s\0]/g, "")}${MARK}`;
        for (const url of [
          target,
          `/graphql?query=${target}`,
          `/health/${target}`,
          `/dev/token?sub=u-1001&${target}`,
        ]) {
          const response = await exchange(`GET ${url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
          expect(response).toMatch(/^HTTP\/1\.1 [24]\d\d /);
          expect(response).not.toContain(MARK);
        }
        expectCleanLog();
      }),
      { numRuns: RUNS },
    );
  });
});
