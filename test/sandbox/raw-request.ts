import { request } from "node:http";

/** How an exchange ended, seen from the wire. */
export interface Outcome {
  /** "answered" whole, "cut" in the middle of the body, or the code of the error before any answer. */
  readonly end: string;
  readonly status?: number;
  readonly contentLength?: string | undefined;
  readonly bytes: number;
  readonly text: string;
}

export interface RawCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Hangs up by itself after so many milliseconds without an answer, or after so many bytes of one. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

// Of an endless body the beginning is enough.
const MAX_KEPT_BYTES = 1_000_000;

/** One exchange over node:http, which hides less than fetch does. */
export function rawRequest(url: string, call: RawCall = {}): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const { method = "GET", headers = {}, body, timeoutMs, maxBytes = Infinity } = call;
  const sent = request(url, { method, headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (end: string): void => {
      resolve({
        end,
        status: response.statusCode ?? 0,
        contentLength: response.headers["content-length"],
        bytes,
        text: Buffer.concat(chunks).toString("utf8"),
      });
    };
    response.on("data", (chunk: Buffer) => {
      if (bytes < MAX_KEPT_BYTES) chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) {
        done("gave up");
        sent.destroy();
      }
    });
    response.on("end", () => {
      done("answered");
    });
    response.on("error", () => {
      done("cut");
    });
  });
  if (timeoutMs !== undefined) {
    const timer = setTimeout(() => {
      resolve({ end: "gave up", bytes: 0, text: "" });
      sent.destroy();
    }, timeoutMs);
    sent.on("close", () => {
      clearTimeout(timer);
    });
  }
  sent.on("error", (error: NodeJS.ErrnoException) => {
    resolve({ end: error.code ?? error.message, bytes: 0, text: "" });
  });
  sent.end(body);
  return promise;
}
