import { once } from "node:events";
import { type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { type EventStream, openEventStream } from "../../../../src/platform/graphql/subscriptions/sse/event-stream";
import { holdIntervals, releaseTimeouts } from "../../../kit/clocks";
import { LARGE_BYTES } from "../../../kit/http/minimal-server";
import { waitFor } from "../../../kit/wait-for";

const KEEP_ALIVE_MS = 12_000;
const LARGE = "x".repeat(LARGE_BYTES);

let server: FastifyInstance;
let stream: EventStream;
let raw: ServerResponse;
let slow: number;
let client: Socket;
let received: string;
beforeEach(async () => {
  holdIntervals();
  slow = 0;
  received = "";
  server = fastify();
  const { promise: opened, resolve } = Promise.withResolvers<EventStream>();
  server.get("/", (_request, reply) => {
    raw = reply.raw;
    resolve(openEventStream(reply, { keepAliveMs: KEEP_ALIVE_MS, onSlow: () => void (slow += 1) }));
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  client = connect(Number(new URL(server.listeningOrigin).port), "127.0.0.1");
  client.on("error", () => undefined);
  client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  stream = await opened;
});
afterEach(async () => {
  client.destroy();
  await server.close();
  releaseTimeouts();
});

const readFrom = (socket: Socket) => socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
const countComments = () => received.split("\r\n:\n\n").length - 1;

test("an event stream sends a comment when it opens, and one for each interval", async () => {
  readFrom(client);
  await waitFor(() => countComments() === 1 || undefined);
  jest.advanceTimersByTime(2 * KEEP_ALIVE_MS);
  await waitFor(() => countComments() === 3 || undefined);
  client.destroy();
  await stream.closed;
  expect(jest.getTimerCount()).toBe(0);
});

test("an event stream whose client reads nothing for an interval while an event waits is closed", async () => {
  const sent = stream.send("next", LARGE);
  jest.advanceTimersByTime(KEEP_ALIVE_MS);
  expect(slow).toBe(0);
  jest.advanceTimersByTime(KEEP_ALIVE_MS);
  await Promise.all([sent, stream.closed]);
  expect(slow).toBe(1);
  readFrom(client);
  await once(client, "close");
  expect(received).not.toContain("event: complete");
});

test("an event stream whose client reads late is kept, and sends nothing else meanwhile", async () => {
  let isSent = false;
  const sent = stream.send("next", LARGE).then(() => (isSent = true));
  jest.advanceTimersByTime(KEEP_ALIVE_MS);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSent).toBe(false);
  readFrom(client);
  await sent;
  jest.advanceTimersByTime(KEEP_ALIVE_MS);
  await stream.send("complete");
  stream.end();
  await stream.closed;
  await waitFor(() => received.includes("event: complete") || undefined);
  expect([slow, countComments()]).toEqual([0, 2]); // the first, and the last
});

test("an event stream that has ended is sent no comment, and is closed if its client does not read the end", async () => {
  const failures: unknown[] = [];
  raw.on("error", (error) => failures.push(error));
  raw.socket?.cork(); // as for a client that does not read
  stream.end();
  jest.advanceTimersByTime(KEEP_ALIVE_MS);
  expect(slow).toBe(0);
  jest.advanceTimersByTime(KEEP_ALIVE_MS);
  await stream.closed;
  expect([slow, failures]).toEqual([1, []]);
});
