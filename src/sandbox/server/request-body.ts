import { type IncomingMessage } from "node:http";

const MAX_BODY_BYTES = 1_048_576;
// A client that receives 413 before it has sent the whole body often sees a broken pipe instead of the response, so the
// rest is read and discarded, up to this size in bytes.
const MAX_DISCARDED_BYTES = 64 * 1_048_576;

/** The body as text, or "too large" if it exceeds 1 MiB. Rejects if the client disconnects. */
export function readBody(request: IncomingMessage): Promise<{ text: string } | "too large"> {
  const { promise, resolve, reject } = Promise.withResolvers<{ text: string } | "too large">();
  let chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks = [];
    if (bytes > MAX_DISCARDED_BYTES) request.destroy();
  });
  request.on("end", () => {
    resolve(bytes > MAX_BODY_BYTES ? "too large" : { text: Buffer.concat(chunks).toString("utf8") });
  });
  request.on("error", reject);
  request.on("close", () => {
    reject(new Error("the client disconnected"));
  });
  return promise;
}

/** A body that the vendor rejects. The client receives the message in the vendor's error format. */
export class InvalidBody extends Error {}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Throws `InvalidBody` unless the text is a JSON object. */
export function parseJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidBody("the body is not JSON");
  }
  if (!isJsonObject(value)) throw new InvalidBody("the body is not a JSON object");
  return value;
}
