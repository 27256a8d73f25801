import { Agent, type IncomingHttpHeaders, request } from "node:http";

/** One request over node:http, which sends what fetch would refuse or complete: any header, method and body. */
export interface RequestOptions {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string | number>> | undefined;
  readonly body?: string | Buffer | undefined;
  /** Aborts the request and its connection. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the connection after so many ms without a response, or after more than so many bytes of a body. */
  readonly timeoutMs?: number | undefined;
  readonly maxBytes?: number | undefined;
  /** How much of a body is in `text`. Default: all. */
  readonly maxTextBytes?: number | undefined;
  /** Reuses connections, which costs less processor time. */
  readonly keepAlive?: boolean | undefined;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

/** How an exchange ended at the client. */
export interface Exchange extends Partial<RawResponse> {
  /** "answered" completely, "cut" within the body, "gave up" at a limit of the options, or the code of the error before any response. */
  readonly end: string;
  readonly error?: Error;
  readonly contentLength?: string | undefined;
  /** Bytes of the body; `text` may be only the first of them. */
  readonly bytes: number;
  readonly text: string;
}

const keepAliveAgent = new Agent({ keepAlive: true });

/** Sends one request and returns how it ended; never rejects. Default: GET. */
export function observeRequest(url: string, options: RequestOptions = {}): Promise<Exchange> {
  const { method = "GET", headers = {}, body, signal, timeoutMs, keepAlive = false } = options;
  const { maxBytes = Infinity, maxTextBytes = Infinity } = options;
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const agent = keepAlive ? keepAliveAgent : false;
  const sent = request(url, { method, headers, agent, ...(signal && { signal }) }, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (end: string, error?: Error): void => {
      resolve({
        end,
        ...(error && { error }),
        status: response.statusCode ?? 0,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        contentLength: response.headers["content-length"],
        bytes,
        text: Buffer.concat(chunks).toString("utf8"),
      });
    };
    response.on("data", (chunk: Buffer) => {
      if (bytes < maxTextBytes) chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) {
        finish("gave up");
        sent.destroy();
      }
    });
    response.on("end", () => {
      finish("answered");
    });
    response.on("error", (error) => {
      finish("cut", error);
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
    resolve({ end: error.code ?? error.message, error, bytes: 0, text: "" });
  });
  sent.end(body);
  return promise;
}

/** Sends one request; rejects unless it is answered completely. Default: POST of JSON over a connection that is reused. */
export async function sendRequest(url: string, options: RequestOptions = {}): Promise<RawResponse> {
  const { method = "POST", headers, keepAlive = true, ...rest } = options;
  const jsonHeaders = { "content-type": "application/json", ...headers };
  const { end, error, status, ...response } = await observeRequest(url, {
    ...rest,
    method,
    headers: jsonHeaders,
    keepAlive,
  });
  if (end !== "answered") throw error ?? new Error(`${method} ${url}: ${end}`);
  return {
    status: status ?? 0,
    headers: response.headers ?? {},
    rawHeaders: response.rawHeaders ?? [],
    text: response.text,
  };
}
