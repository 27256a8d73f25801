import { brotliCompressSync, gzipSync } from "node:zlib";
import { CANCELLATION_ID, PAYER_TAX_ID } from "../seeds/ids";
import { httpResponse, type RawRequest, type RawResponse } from "../network/raw-provider";

/** In every hostile response that contains text of its own. */
export const CANARY = "cnry-of-a-provider";
/** Where a response inserts its own value, as JSON text. Optional in every response. */
const PLANT = '"@plant@"';
export const CANCELLATION = CANCELLATION_ID;
const OTHER = { user: "u-9999", recurrence: "RR0435879820240605othersothe1" };

/** A well-formed response, as JSON text. */
function toCorrectBody({ method, path }: RawRequest): string {
  const offer = { offerid: "plus", offername: "Plus", description: "an offer", price: "19.90", currency: "BRL" };
  const plant = "@plant@";
  // Hardly valid: each call fetches another.
  if (path === "/oauth2/token") return JSON.stringify({ access_token: "a-token", expires_in: 0.001, note: plant });
  if (path === "/user/linktoken3") return JSON.stringify({ linktoken: "a-link", note: plant });
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
 * The required outcome of a response: `sane`, a value; `shape`, JSON of another shape, which a write of Avibra's cannot tell from success;
 * or the error's code.
 */
export type Verdict =
  "sane" | "shape" | "PROVIDER_CONTRACT" | "PROVIDER_TIMEOUT" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED";

const bytes = (text: string | Buffer): RawResponse => ({ bytes: Buffer.from(text) });
const body = (text: string | Buffer, ...headers: string[]): RawResponse => ({ bytes: httpResponse(text, headers) });
const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n`;
const planted = (json: string) => (correct: string) => body(correct.replaceAll(PLANT, json));
const POLLUTION = `"__proto__":{"polluted":"${CANARY}","toString":1},"constructor":{"prototype":{"polluted":"${CANARY}"}},`;
const DEEP = 100_000;
const BOMB = gzipSync(Buffer.alloc(50_000_000));

/** Returns the bytes of a response for the correct body. */
export type CreateAnswer = (correct: string) => RawResponse;

export type HostileAnswer = readonly [name: string, create: CreateAnswer, verdict: Verdict];

export const HOSTILE_ANSWERS: readonly HostileAnswer[] = [
  [
    "__proto__ and constructor.prototype at every level",
    (correct) => body(correct.replaceAll("{", `{${POLLUTION}`)),
    "sane",
  ],
  [
    "every member twice, the correct ones last",
    (correct) => body(`${correct.slice(0, -1).replaceAll(/:"[^"]*"/g, `:"${CANARY}"`)},${correct.slice(1)}`),
    "sane",
  ],
  [
    "the ids of another user and recurrence",
    (correct) =>
      body(correct.replace(/"RR\w+"/, `"${OTHER.recurrence}"`).replace(/"userid":"[^"]+"/, `"userid":"${OTHER.user}"`)),
    "shape",
  ],
  ["an array instead of an object", (correct) => body(`[${correct}]`), "shape"],
  ["null instead of an object", () => body("null"), "shape"],
  ["a string instead of an object", () => body(`"${CANARY}"`), "shape"],
  ["100,000 nested arrays", () => body("[".repeat(DEEP) + "]".repeat(DEEP)), "shape"],
  ["100,000 nested objects", () => body('{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP)), "shape"],
  ["50,000 nested arrays in a member", planted("[".repeat(DEEP / 2) + "]".repeat(DEEP / 2)), "sane"],
  ["a member of 400 kB", planted(`"${CANARY.repeat(22_000)}"`), "sane"],
  ["an infinite number", planted("1e999"), "sane"],
  ["minus zero", planted("-0"), "sane"],
  ["half a surrogate pair", planted(String.raw`"a\ud800b"`), "sane"],
  ["NUL and control characters", planted(String.raw`"a\u0000\r\nx-injected: 1\u001b[31m\u2028\u202eb"`), "sane"],
  ["an object instead of text", planted(`{"${CANARY}":1}`), "sane"],
  ["a byte order mark", (correct) => body(`\ufeff${correct}`), "sane"],
  [
    "bytes that are not UTF-8",
    (correct) => body(Buffer.from(correct.replaceAll("@plant@", "\xff\xfe"), "latin1")),
    "sane",
  ],
  ["UTF-16", (correct) => body(Buffer.from(correct, "utf16le")), "PROVIDER_CONTRACT"],
  ["raw NUL bytes", (correct) => body(correct.replaceAll("@plant@", "\0")), "PROVIDER_CONTRACT"],
  [
    "a body over the size limit",
    (correct) => body(correct.replaceAll("@plant@", "x".repeat(2 ** 21))),
    "PROVIDER_CONTRACT",
  ],
  [
    "a gzip body with Content-Encoding",
    (correct) => body(gzipSync(correct), "Content-Encoding: gzip"),
    "PROVIDER_CONTRACT",
  ],
  ["a gzip body without Content-Encoding", (correct) => body(gzipSync(correct)), "PROVIDER_CONTRACT"],
  [
    "a brotli body with Content-Encoding",
    (correct) => body(brotliCompressSync(correct), "Content-Encoding: br"),
    "PROVIDER_CONTRACT",
  ],
  ["plain JSON with Content-Encoding: gzip", (correct) => body(correct, "Content-Encoding: gzip"), "sane"],
  ["a gzip bomb", () => body(BOMB, "Content-Encoding: gzip"), "PROVIDER_CONTRACT"],
  [
    "a Content-Length that is too long",
    (correct) => ({ ...bytes(`${head(`Content-Length: ${correct.length + 9}`)}\r\n${correct}`), shouldClose: true }),
    "PROVIDER_CONTRACT",
  ],
  [
    "a Content-Length that is too short",
    (correct) => bytes(`${head(`Content-Length: ${correct.length - 9}`)}\r\n${correct}`),
    "PROVIDER_CONTRACT",
  ],
  [
    "two different Content-Lengths",
    (correct) => bytes(`${head(`Content-Length: ${correct.length}`, "Content-Length: 3")}\r\n${correct}`),
    "PROVIDER_CONTRACT",
  ],
  ["a negative Content-Length", (correct) => bytes(`${head("Content-Length: -1")}\r\n${correct}`), "PROVIDER_CONTRACT"],
  [
    "both Content-Length and chunks",
    (correct) => bytes(`${head("Content-Length: 3", "Transfer-Encoding: chunked")}\r\n${correct}`),
    "PROVIDER_CONTRACT",
  ],
  ["malformed chunks", () => bytes(`${head("Transfer-Encoding: chunked")}\r\n${CANARY}\r\n`), "PROVIDER_CONTRACT"],
  [
    "a chunked body that never ends and stays silent",
    () => bytes(`${head("Transfer-Encoding: chunked")}\r\n1\r\n{\r\n`),
    "PROVIDER_TIMEOUT",
  ],
  [
    "endless chunks",
    () => ({
      ...bytes(`${head("Transfer-Encoding: chunked")}\r\n`),
      repeated: Buffer.from(`1000\r\n${" ".repeat(4096)}\r\n`),
    }),
    "PROVIDER_CONTRACT",
  ],
  ["headers that never end and stay silent", () => bytes(head("X-A: 1")), "PROVIDER_TIMEOUT"],
  [
    "endless headers",
    () => ({ ...bytes(head("X-A: 1")), repeated: Buffer.from(`X-${CANARY}: ${"x".repeat(4096)}\r\n`) }),
    "PROVIDER_CONTRACT",
  ],
  [
    "1,000 headers, 30 kB",
    (correct) => body(correct, ...Array.from({ length: 1000 }, (_, index) => `X-${index}: ${CANARY}`)),
    "PROVIDER_CONTRACT",
  ],
  ["a header with a NUL", (correct) => body(correct, "X-A: a\0b"), "PROVIDER_CONTRACT"],
  ["a header without a name", (correct) => body(correct, `: ${CANARY}`), "PROVIDER_CONTRACT"],
  ["another protocol than HTTP", () => bytes(`SSH-2.0-${CANARY}\r\n`), "PROVIDER_CONTRACT"],
  [
    "an upgrade to another protocol",
    () => bytes("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "a second response after the first",
    (correct) => ({ bytes: Buffer.concat([httpResponse(correct), httpResponse(`{"${CANARY}":1}`)]) }),
    "sane",
  ],
  [
    "100 Continue, then the response",
    (correct) => ({ bytes: Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), httpResponse(correct)]) }),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "a 500 with an endless body",
    () => ({
      ...bytes("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n"),
      repeated: Buffer.from(`1000\r\n${"x".repeat(4096)}\r\n`),
    }),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "a 429 with an infinite Retry-After",
    () => ({ bytes: httpResponse(CANARY, ["Retry-After: 1e400"], 429) }),
    "RATE_LIMITED",
  ],
];

/** The correct response to a request. */
export const createCorrectAnswer = (request: RawRequest): RawResponse => ({
  bytes: httpResponse(toCorrectBody(request).replaceAll(PLANT, '"plain"')),
});

/** A hostile response to a request. */
export const createHostileAnswer = (request: RawRequest, create: CreateAnswer): RawResponse =>
  create(toCorrectBody(request));
