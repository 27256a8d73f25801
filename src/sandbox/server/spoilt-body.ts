import { type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer } from "./answer";
import { type Exchange, headersOf } from "./exchange";

const HUGE_BODY_BYTES = 25_000_000;
const SLOW_BYTE_MS = 1_000;
const PADDING = Buffer.alloc(65_536, "a");

function* padding(chunks: number): Generator<Buffer> {
  yield Buffer.from('{"padding":"');
  for (let sent = 0; sent < chunks; sent += 1) yield PADDING;
  yield Buffer.from('"}');
}

/** Chunked, so that the size is nowhere announced; the stream waits for a slow reader. */
async function stream(exchange: Exchange, answer: Answer, chunks: number): Promise<void> {
  const headers = headersOf(answer);
  delete headers["content-length"];
  exchange.response.writeHead(answer.status, { ...headers, ...answer.headers });
  await pipeline(Readable.from(padding(chunks), { objectMode: false }), exchange.response, { signal: exchange.signal });
}

export function sendHugeBody(exchange: Exchange, answer: Answer): Promise<void> {
  return stream(exchange, answer, Math.ceil(HUGE_BODY_BYTES / PADDING.length));
}

export function sendEndlessBody(exchange: Exchange, answer: Answer): Promise<void> {
  return stream(exchange, answer, Infinity);
}

/** Announces the whole body, sends half of it and hangs up politely: an end, not a reset. */
export function sendTruncatedBody(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, headersOf(answer));
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    response.socket?.destroySoon();
  });
}

export async function sendSlowBody(exchange: Exchange, answer: Answer, byteMs = SLOW_BYTE_MS): Promise<void> {
  const { response, signal } = exchange;
  response.writeHead(answer.status, headersOf(answer));
  response.flushHeaders();
  for (const byte of Buffer.from(answer.body)) {
    await sleep(byteMs, undefined, { signal });
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}
