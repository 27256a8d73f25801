import { type IncomingMessage } from "node:http";

const MAX_BODY_BYTES = 1_048_576;
// A client that is told 413 before it has finished sending often sees a broken pipe instead of the answer,
// so the rest is read and thrown away, up to this much.
const MAX_DISCARDED_BYTES = 64 * 1_048_576;

/** The body as text; "too large" beyond 1 MiB; rejects when the client goes away. */
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
    reject(new Error("the client went away"));
  });
  return promise;
}

/** A body the vendor cannot read; its message is told to the client in the vendor's shape. */
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
