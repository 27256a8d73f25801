import { type AxiosAdapter, AxiosHeaders, type InternalAxiosRequestConfig } from "axios";
import { Pool } from "undici";
import { headersSentInterceptor, type ObservedRequestOptions } from "./headers-sent-interceptor";

export interface TransportOptions {
  /** Base URL, with or without a path; every call's path is appended to it. */
  readonly baseUrl: string;
  /** Maximum number of concurrent requests; further ones are queued. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Maximum size of a response; a larger one rejects and closes the connection. */
  readonly maxBodyBytes: number;
  /** Client certificate, its key, and the trusted certificate authority, as PEM text. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
}

/** An undici connection pool for one host, as an axios adapter. */
export interface Transport {
  /** Creates the adapter of one request. Calls `onHeadersSent` when its headers are handed to the connection. */
  readonly createAdapter: (onHeadersSent: () => void) => AxiosAdapter;
  close(): Promise<void>;
}

/** The body was truncated after a success status: the provider may have processed the request. */
export class TruncatedResponse extends Error {
  override readonly name = "TruncatedResponse";
}

function throwTruncated(error: unknown): never {
  const { code } = error as { code?: unknown };
  const isLocalAbort = (error as Error).name === "AbortError" || code === "UND_ERR_RES_EXCEEDED_MAX_SIZE";
  throw isLocalAbort ? error : new TruncatedResponse("response truncated", { cause: error });
}

/**
 * Runs axios over an undici `Pool`: no redirects, no decompression, keep-alive, and a cap on the body's size. HTTP/1.1 only: on HTTP/2
 * undici sends a request again by itself, whatever its method, when the server refuses its stream or closes the session.
 * Measured at a quarter of the CPU of axios' own adapters; see docs/decisions/0004.
 */
export function createTransport({
  baseUrl,
  connections,
  connectTimeoutMs,
  maxBodyBytes,
  tls,
}: TransportOptions): Transport {
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/$/, "");
  const pool = new Pool(base.origin, {
    connections,
    pipelining: 1,
    maxResponseSize: maxBodyBytes,
    allowH2: false,
    connect: { timeout: connectTimeoutMs, ...tls },
  });
  const dispatcher = pool.compose(headersSentInterceptor);

  const createAdapter = (onHeadersSent: () => void) => async (config: InternalAxiosRequestConfig) => {
    const request: ObservedRequestOptions = {
      path: prefix + (config.url ?? "/"),
      method: (config.method ?? "get").toUpperCase(),
      headers: config.headers.toJSON() as Record<string, string>,
      body: (config.data as string | undefined) ?? null,
      signal: config.signal as AbortSignal,
      onHeadersSent,
    };
    const { statusCode, headers, body } = await dispatcher.request(request);
    const data = await (statusCode === 200 || statusCode === 404
      ? body.text().catch(throwTruncated)
      : body.text().catch(() => ""));
    return {
      status: statusCode,
      statusText: "",
      headers: new AxiosHeaders(headers as Record<string, string>),
      data,
      config,
    };
  };

  return { createAdapter, close: () => pool.destroy() };
}
