import { type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type HttpResponse } from "./http-response";
import { type Exchange, buildHeaders } from "./exchange";

const HUGE_BODY_BYTES = 25_000_000;
const SLOW_BYTE_MS = 1_000;
const PADDING = Buffer.alloc(65_536, "a");

function* padding(chunks: number): Generator<Buffer> {
  yield Buffer.from('{"padding":"');
  for (let sent = 0; sent < chunks; sent += 1) yield PADDING;
  yield Buffer.from('"}');
}

/** Chunked, so that no size is announced. The stream waits for a slow reader. */
async function streamPadding(exchange: Exchange, httpResponse: HttpResponse, chunks: number): Promise<void> {
  const headers = buildHeaders(httpResponse);
  delete headers["content-length"];
  exchange.response.writeHead(httpResponse.status, { ...headers, ...httpResponse.headers });
  await pipeline(Readable.from(padding(chunks), { objectMode: false }), exchange.response, { signal: exchange.signal });
}

export function sendHugeBody(exchange: Exchange, httpResponse: HttpResponse): Promise<void> {
  return streamPadding(exchange, httpResponse, Math.ceil(HUGE_BODY_BYTES / PADDING.length));
}

export function sendEndlessBody(exchange: Exchange, httpResponse: HttpResponse): Promise<void> {
  return streamPadding(exchange, httpResponse, Infinity);
}

/** Announces the whole body, sends half of it, and ends the connection without a reset. */
export function sendTruncatedBody(response: ServerResponse, httpResponse: HttpResponse): void {
  const body = Buffer.from(httpResponse.body);
  response.writeHead(httpResponse.status, buildHeaders(httpResponse));
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    response.socket?.destroySoon();
  });
}

export async function sendSlowBody(
  exchange: Exchange,
  httpResponse: HttpResponse,
  byteMs = SLOW_BYTE_MS,
): Promise<void> {
  const { response, signal } = exchange;
  response.writeHead(httpResponse.status, buildHeaders(httpResponse));
  response.flushHeaders();
  for (const byte of Buffer.from(httpResponse.body)) {
    await sleep(byteMs, undefined, { signal });
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}
