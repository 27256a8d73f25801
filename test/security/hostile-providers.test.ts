import { brotliCompressSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { monotonicClock } from "../../src/platform/kernel/monotonic-clock";
import { createDeadline } from "../../src/platform/kernel/deadline";
import { createTestHttpClient } from "../kit/http/test-http-client";
import { findCanaries } from "../kit/security/canaries";
import { toDocument, findMutation, MUTATIONS } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { PAYER_TAX_ID } from "../kit/seeds/ids";
import {
  httpResponse,
  type RawResponse,
  type RawProvider,
  type RawRequest,
  startRawProvider,
} from "../kit/network/raw-provider";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const CANARY = "cnry-of-a-provider";
/** Where a case puts a value of its own, as JSON text. Optional in every answer. */
const PLANT = '"@plant@"';
const CANCELLATION = "IC0435879820240605bcdb1fhn43a";
const OTHER = { user: "u-9999", recurrence: "RR0435879820240605othersothe1" };

/** What a provider in its right mind answers, as JSON text. */
function rightAnswer({ method, path }: RawRequest): string {
  const offer = { offerid: "plus", offername: "Plus", description: "an offer", price: "19.90", currency: "BRL" };
  const plant = "@plant@";
  // Hardly valid: each call fetches another.
  if (path === "/oauth2/token") return JSON.stringify({ access_token: "right-token", expires_in: 0.001, note: plant });
  if (path === "/user/linktoken3") return JSON.stringify({ linktoken: "right-link", note: plant });
  const [, userId] = /^\/user\/benefits\/(.+)$/.exec(path) ?? [];
  if (userId !== undefined) {
    const benefit = { benefitid: "dental", benefitname: "Dental", status: "ACTIVE", description: plant };
    return JSON.stringify({ userid: userId, currentoffer: offer, offers: [offer], benefits: [benefit] });
  }
  const [, recurrenceId, cancellationId] = /authorizations\/(\w+)(?:\/cancellations\/?(\w+)?)?/.exec(path) ?? [];
  if (recurrenceId === undefined) return JSON.stringify({ result: "Successful", note: plant });
  if (method === "POST") {
    return JSON.stringify({ idRecorrencia: recurrenceId, idCancelamento: CANCELLATION, dtHrCancelamento: plant });
  }
  if (cancellationId !== undefined) {
    return JSON.stringify({ RecurrenceId: recurrenceId, CancellationId: cancellationId, CancellationStatus: plant });
  }
  const party = { Type: "NATURAL", Document: PAYER_TAX_ID, Name: plant };
  return JSON.stringify({ RecurrenceId: recurrenceId, Situation: "ACTIVE", Payer: party, Beneficiary: party });
}

/**
 * What a case must come to: `sane`, a value; `shape`, JSON of another shape, which a write of Avibra's cannot tell from success;
 * or the error's code.
 */
type Verdict = "sane" | "shape" | "PROVIDER_CONTRACT" | "PROVIDER_TIMEOUT" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED";

const bytes = (text: string | Buffer): RawResponse => ({ bytes: Buffer.from(text) });
const body = (text: string | Buffer, ...headers: string[]): RawResponse => ({ bytes: httpResponse(text, headers) });
const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n`;
const planted = (json: string) => (right: string) => body(right.replaceAll(PLANT, json));
const POLLUTION = `"__proto__":{"polluted":"${CANARY}","toString":1},"constructor":{"prototype":{"polluted":"${CANARY}"}},`;
const DEEP = 100_000;
const BOMB = gzipSync(Buffer.alloc(50_000_000));

const CASES: readonly (readonly [name: string, answer: (right: string) => RawResponse, verdict: Verdict])[] = [
  [
    "__proto__ and constructor.prototype at every level",
    (right) => body(right.replaceAll("{", `{${POLLUTION}`)),
    "sane",
  ],
  [
    "members twice, the right ones last",
    (right) => body(`${right.slice(0, -1).replaceAll(/:"[^"]*"/g, `:"${CANARY}"`)},${right.slice(1)}`),
    "sane",
  ],
  [
    "another's ids",
    (right) =>
      body(right.replace(/"RR\w+"/, `"${OTHER.recurrence}"`).replace(/"userid":"[^"]+"/, `"userid":"${OTHER.user}"`)),
    "shape",
  ],
  ["an array where an object belongs", (right) => body(`[${right}]`), "shape"],
  ["null", () => body("null"), "shape"],
  ["text", () => body(`"${CANARY}"`), "shape"],
  ["100,000 arrays in each other", () => body("[".repeat(DEEP) + "]".repeat(DEEP)), "shape"],
  ["100,000 objects in each other", () => body('{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP)), "shape"],
  ["100,000 arrays in a member", planted("[".repeat(DEEP / 2) + "]".repeat(DEEP / 2)), "sane"],
  ["a member of 400 kB", planted(`"${CANARY.repeat(22_000)}"`), "sane"],
  ["an infinite number", planted("1e999"), "sane"],
  ["minus zero", planted("-0"), "sane"],
  ["half a surrogate pair", planted(String.raw`"a\ud800b"`), "sane"],
  ["NUL and control characters", planted(String.raw`"a\u0000\r\nx-injected: 1\u001b[31m\u2028\u202eb"`), "sane"],
  ["an object in place of text", planted(`{"${CANARY}":1}`), "sane"],
  ["a byte order mark", (right) => body(`\ufeff${right}`), "sane"],
  ["bytes that are no UTF-8", (right) => body(Buffer.from(right.replaceAll("@plant@", "\xff\xfe"), "latin1")), "sane"],
  ["UTF-16", (right) => body(Buffer.from(right, "utf16le")), "PROVIDER_CONTRACT"],
  ["raw NUL bytes", (right) => body(right.replaceAll("@plant@", "\0")), "PROVIDER_CONTRACT"],
  ["more than may be read", (right) => body(right.replaceAll("@plant@", "x".repeat(2 ** 21))), "PROVIDER_CONTRACT"],
  ["gzip that says so", (right) => body(gzipSync(right), "Content-Encoding: gzip"), "PROVIDER_CONTRACT"],
  ["gzip that does not say so", (right) => body(gzipSync(right)), "PROVIDER_CONTRACT"],
  ["brotli", (right) => body(brotliCompressSync(right), "Content-Encoding: br"), "PROVIDER_CONTRACT"],
  ["JSON that says it were gzip", (right) => body(right, "Content-Encoding: gzip"), "sane"],
  ["a gzip bomb", () => body(BOMB, "Content-Encoding: gzip"), "PROVIDER_CONTRACT"],
  [
    "a length too long",
    (right) => ({ ...bytes(`${head(`Content-Length: ${right.length + 9}`)}\r\n${right}`), shouldClose: true }),
    "PROVIDER_CONTRACT",
  ],
  [
    "a length too short",
    (right) => bytes(`${head(`Content-Length: ${right.length - 9}`)}\r\n${right}`),
    "PROVIDER_CONTRACT",
  ],
  [
    "two lengths",
    (right) => bytes(`${head(`Content-Length: ${right.length}`, "Content-Length: 3")}\r\n${right}`),
    "PROVIDER_CONTRACT",
  ],
  ["a negative length", (right) => bytes(`${head("Content-Length: -1")}\r\n${right}`), "PROVIDER_CONTRACT"],
  [
    "a length and chunks",
    (right) => bytes(`${head("Content-Length: 3", "Transfer-Encoding: chunked")}\r\n${right}`),
    "PROVIDER_CONTRACT",
  ],
  ["chunks that are none", () => bytes(`${head("Transfer-Encoding: chunked")}\r\n${CANARY}\r\n`), "PROVIDER_CONTRACT"],
  ["chunks without an end", () => bytes(`${head("Transfer-Encoding: chunked")}\r\n1\r\n{\r\n`), "PROVIDER_TIMEOUT"],
  [
    "chunks for ever",
    () => ({
      ...bytes(`${head("Transfer-Encoding: chunked")}\r\n`),
      repeated: Buffer.from(`1000\r\n${" ".repeat(4096)}\r\n`),
    }),
    "PROVIDER_CONTRACT",
  ],
  ["headers without an end", () => bytes(head("X-A: 1")), "PROVIDER_TIMEOUT"],
  [
    "a header for ever",
    () => ({ ...bytes(head("X-A: 1")), repeated: Buffer.from(`X-${CANARY}: ${"x".repeat(4096)}\r\n`) }),
    "PROVIDER_CONTRACT",
  ],
  [
    "100,000 headers",
    (right) => body(right, ...Array.from({ length: 100_000 }, (_, index) => `X-${index}: ${CANARY}`)),
    "PROVIDER_CONTRACT",
  ],
  ["a header with a NUL", (right) => body(right, "X-A: a\0b"), "PROVIDER_CONTRACT"],
  ["a header without a name", (right) => body(right, `: ${CANARY}`), "PROVIDER_CONTRACT"],
  ["no HTTP", () => bytes(`SSH-2.0-${CANARY}\r\n`), "PROVIDER_CONTRACT"],
  [
    "another protocol",
    () => bytes("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "a second answer behind the first",
    (right) => ({ bytes: Buffer.concat([httpResponse(right), httpResponse(`{"${CANARY}":1}`)]) }),
    "sane",
  ],
  [
    "continue, then the answer",
    (right) => ({ bytes: Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), httpResponse(right)]) }),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "a 500 without an end",
    () => ({
      ...bytes("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n"),
      repeated: Buffer.from(`1000\r\n${"x".repeat(4096)}\r\n`),
    }),
    "PROVIDER_UNAVAILABLE",
  ],
  ["a 429 until the end of time", () => ({ bytes: httpResponse(CANARY, ["Retry-After: 1e400"], 429) }), "RATE_LIMITED"],
];

const USER = "u-1001";
/** A recurrence of its own for each case: one cancellation whose fate is not known blocks the next. */
const recurrenceOf = (name: string) =>
  `RR0435879820240605${String(CASES.findIndex(([one]) => one === name)).padStart(11, "0")}`;

const READS = {
  benefits: {
    path: "/user/benefits",
    query: () => `user(id: "${USER}") { currentOffer { offer { name } } benefits { id name description status } }`,
  },
  authorization: {
    path: "/automatic-pix",
    query: (id: string) =>
      `pixAuthorization(recurrenceId: "${id}") { status payer { name document } cancellations { id } }`,
  },
  cancellation: {
    path: "/automatic-pix",
    query: (id: string) => `pixCancellation(recurrenceId: "${id}", id: "${CANCELLATION}") { id providerStatus }`,
  },
  token: { path: "/oauth2/token", query: () => `user(id: "${USER}") { currentOffer { offer { name } } }` },
} as const;

let avibra: RawProvider;
let delbank: RawProvider;
let subgraph: TestSubgraph;

beforeAll(async () => {
  [avibra, delbank] = await Promise.all([startRawProvider(), startRawProvider()]);
  subgraph = await startSubgraph({
    AVIBRA_BASE_URL: avibra.url,
    DELBANK_BASE_URL: delbank.url,
    // What never ends outlasts any timeout; what ends must end within it on a busy machine too.
    AVIBRA_TIMEOUT_MS: "3000",
    DELBANK_TIMEOUT_MS: "3000",
    RECONCILE_INTERVAL_MS: "600000",
  });
});
afterAll(async () => {
  await subgraph.stop();
  avibra.close();
  delbank.close();
});

/** Both answer rightly, but for paths that `isHostile` names: those get the case's bytes. */
function behave(answer: (right: string) => RawResponse, isHostile: (request: RawRequest) => boolean): void {
  for (const provider of [avibra, delbank]) {
    provider.respondWith((request) => {
      const right = rightAnswer(request);
      return isHostile(request) ? answer(right) : { bytes: httpResponse(right.replaceAll(PLANT, '"plain"')) };
    });
  }
}

/** Nothing of a provider's has become a member of every object, a line of the log, or a control character for a client. */
function expectNoHarm(answer: unknown): void {
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  const text = JSON.stringify(answer);
  expect(text.length).toBeLessThan(20_000);
  expect(text).not.toMatch(/\\u00[01]|\\[rn]|[\ud800-\udfff]|\u2028|\u202e/);
  expect(findCanaries(subgraph.logs.join(""), [CANARY])).toEqual([]);
  subgraph.logs.length = 0;
}

describe.each(Object.entries(READS))("reading %s", (name, { path, query }) => {
  test.each(CASES)("with %s as the answer", async (hostile, answer, verdict) => {
    const id = recurrenceOf(hostile);
    behave(answer, (request) => request.path.startsWith(path));
    const other = path.startsWith("/automatic-pix") ? "user" : "pixAuthorization";
    const others =
      other === "user"
        ? 'user(id: "u-1002") { benefits { id } }'
        : `pixAuthorization(recurrenceId: "${id}") { status }`;
    const result = await subgraph.graphql(`{ ${query(id)} ${others} }`, { claims: PAYER_CLAIMS });
    expectNoHarm(result);
    const codes = [...new Set(result.errors?.map(({ extensions }) => extensions.code))];
    const isSane = verdict === "sane" || (name === "token" && hostile === "another's ids"); // it has none
    expect(codes).toEqual(isSane ? [] : [verdict === "shape" ? "PROVIDER_CONTRACT" : verdict]);
    // What needs the other provider alone is whole (a token is needed by the other member's benefits too).
    if (other === "pixAuthorization") expect(result.data[other]).toEqual({ status: "ACTIVE" });
    else expect(result.data[other]).toEqual({ benefits: [{ id: "dental" }] });

    // And no harm is left behind: the next one is answered.
    behave(answer, () => false);
    const next = await subgraph.graphql(`{ ${query(id)} }`, { claims: PAYER_CLAIMS });
    expect(next.errors).toBeUndefined();
    expect(JSON.stringify(next.data)).not.toContain(CANARY);
  });
});

describe("writing", () => {
  const claims = { ...PAYER_CLAIMS, scope: "pix:cancel:any users:write:any" };
  const isWrite = ({ method, path }: RawRequest) => method !== "GET" && path !== "/oauth2/token";

  test.each(CASES)("every mutation with %s as the answer", async (hostile, answer, verdict) => {
    behave(answer, isWrite);
    const recurrenceId = recurrenceOf(hostile);
    const statuses = await Promise.all(
      MUTATIONS.map(async (mutation) => {
        const input = {
          ...mutation.input,
          ...(mutation.vendor === "delbank" && { recurrenceId }),
          idempotencyKey: `${mutation.name}-${hostile.replaceAll(/\W/g, "_")}`,
        };
        const result = await subgraph.graphql(toDocument(mutation), { variables: { input }, claims });
        expect(result.errors).toBeUndefined();
        expectNoHarm(result);
        return [mutation.name, result.data[mutation.name].operation.status] as const;
      }),
    );
    /** An answer that tells nothing leaves the outcome open; a link is not worth finding out about. */
    const expected = (name: string) => {
      const isAnyJsonFine = name !== "createPortalLink" && name !== "cancelPixAuthorization";
      const isSane =
        verdict === "sane" ||
        (verdict === "shape" && (isAnyJsonFine || (name === "createPortalLink" && hostile === "another's ids")));
      if (isSane) return "SUCCEEDED";
      if (name === "createPortalLink") return "FAILED";
      // A 429 says that nothing was done.
      if (verdict === "RATE_LIMITED") return name === "cancelPixAuthorization" ? "FAILED" : "PENDING";
      return "UNCONFIRMED";
    };
    expect(Object.fromEntries(statuses)).toEqual(
      Object.fromEntries(MUTATIONS.map(({ name }) => [name, expected(name)])),
    );
  });
});

describe("what becomes a header or a URL", () => {
  const sent = () => [...avibra.requests, ...delbank.requests].map(({ head: lines }) => lines);

  test.each([
    ["CR and LF", "right\r\nx-injected: 1"],
    ["LF", "right\nx-injected: 1"],
    ["NUL", "right\0"],
    ["a blank", "right x-injected"],
    ["no ASCII", "right-ü-\u2028"],
    ["nothing", ""],
    ["1 MB less a bit", "x".repeat(900_000)],
  ])(
    "an access token with %s is refused before anything is sent with it, and the next one is taken",
    async (_what, token) => {
      const before = avibra.requests.length;
      avibra.respondWith(({ path }) => ({
        bytes: httpResponse(
          path === "/oauth2/token" ? JSON.stringify({ access_token: token, expires_in: 3600 }) : "{}",
        ),
      }));
      const { data, errors } = await subgraph.graphql('{ user(id: "u-1001") { currentOffer { status } } }');
      expect(data).toEqual({ user: { currentOffer: null } });
      expect(errors?.[0]?.extensions.code).toBe("PROVIDER_CONTRACT");
      expect(avibra.requests.slice(before).map(({ path }) => path)).toEqual(["/oauth2/token"]);
      behave(body, () => false);
      expect((await subgraph.graphql('{ user(id: "u-1001") { currentOffer { status } } }')).errors).toBeUndefined();
      expect(sent().join("\n")).not.toMatch(/x-injected/i);
    },
  );

  test.each(["link\r\nx: 1", "link\0", "", "x".repeat(900_000)])("a link token %j is no link", async (linktoken) => {
    avibra.respondWith((request) => ({
      bytes: httpResponse(request.path === "/user/linktoken3" ? JSON.stringify({ linktoken }) : rightAnswer(request)),
    }));
    const link = findMutation("createPortalLink");
    const input = { ...link.input, idempotencyKey: `link-${linktoken.length}` };
    const { data } = await subgraph.graphql(toDocument(link), { variables: { input } });
    expect(data.createPortalLink).toMatchObject({ portalUrl: null, operation: { status: "FAILED" } });
  });

  test.each(["a\r\nx-injected: 1", "a\nb", "a\0b", "\u00fc", "\ud83d\ude00", "\u007f"])(
    "the client refuses %j in a header before it is sent; axios would send it without its line end",
    async (value) => {
      const http = createTestHttpClient({ baseUrl: delbank.url });
      const before = delbank.requests.length;
      const call = { name: "test.call", method: "GET", path: "/any", repeat: "safe", timeoutMs: 1000 } as const;
      const sending = http.call(
        { ...call, headers: { "x-api-key": value }, response: z.unknown() },
        createDeadline(monotonicClock, 1000),
      );
      await expect(sending).rejects.toMatchObject({ code: "PROVIDER_AUTH", maybeReceived: false });
      await http.close();
      expect(delbank.requests).toHaveLength(before);
    },
  );

  test("every header that was ever sent is visible ASCII on its own line, and one of those that the contracts name", () => {
    const known =
      /^(host|connection|accept|content-type|content-length|authorization|x-api-key|version|idempotency-key|user-agent|x-delbank-api-key|x-delfinance-account-id|transfer-encoding): [\x20-\x7e]*$/i;
    expect(sent().length).toBeGreaterThan(500);
    for (const lines of sent()) {
      const [request = "", ...headers] = lines.split("\r\n");
      expect(request).toMatch(/^(GET|POST|DELETE) \/[\w/-]+ HTTP\/1\.1$/);
      for (const header of headers) expect(header).toMatch(known);
      const key = headers.find((header) => header.toLowerCase().startsWith("idempotency-key"));
      if (key) expect(key).toMatch(/: [0-9a-f-]{36}$/); // derived, never the caller's
    }
  });
});

describe("a list of a provider's is as long as it may be, and no longer", () => {
  const recurrenceId = "RR0435879820240605longlist001";
  const benefits = 'user(id: "u-1001") { benefits { id } availableOffers { id } }';
  const authorization = `pixAuthorization(recurrenceId: "${recurrenceId}") { cancellations { id } }`;

  test.each([
    ["benefits", 500, benefits, { benefitid: "dental", benefitname: "Dental" }],
    ["offers", 500, benefits, { offerid: "plus", offername: "Plus" }],
    ["Cancellations", 50, authorization, { RecurrenceId: recurrenceId, CancellationId: CANCELLATION }],
  ])("%s", async (member, most, query, item) => {
    const codesOf = async (length: number) => {
      const list = { [member]: Array(length).fill(item) };
      behave(
        (right) => body(JSON.stringify({ ...(JSON.parse(right) as object), ...list })),
        ({ path }) => /benefits|authorizations/.test(path),
      );
      const { errors } = await subgraph.graphql(`{ ${query} }`, { claims: PAYER_CLAIMS });
      return [...new Set(errors?.map(({ extensions }) => extensions.code))];
    };
    expect(await codesOf(most)).toEqual([]);
    expect(await codesOf(most + 1)).toEqual(["PROVIDER_CONTRACT"]);
  });
});

test.each([
  ["100,000 arrays in each other", "[".repeat(DEEP) + "]".repeat(DEEP)],
  ["an infinite number", "1e999"],
  ["an object", '{"valueOf":1,"__proto__":null}'],
  ["text", '"soon"'],
])("a token that lives for %s is used all the same", async (_what, lifetime) => {
  const fresh = await startSubgraph({ AVIBRA_BASE_URL: avibra.url });
  avibra.respondWith((request) => ({
    bytes: httpResponse(
      request.path === "/oauth2/token"
        ? `{"access_token":"right-token","expires_in":${lifetime}}`
        : rightAnswer(request),
    ),
  }));
  const { errors } = await fresh.graphql('{ user(id: "u-1001") { currentOffer { status } } }');
  await fresh.stop();
  expect(errors).toBeUndefined();
});
