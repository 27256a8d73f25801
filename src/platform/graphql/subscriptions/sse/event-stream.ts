import { type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { type FastifyReply } from "fastify";

export interface EventStreamOptions {
  /** Time between two comments, which keep the connection open. */
  readonly keepAliveMs: number;
  /**
   * Called when the client has read nothing for a whole interval while something waits to be sent, which is noticed within two: the
   * stream is then closed.
   */
  readonly onSlow: () => void;
}

export type EventStream = ReturnType<typeof openEventStream>;

/** Ignored by clients. */
const COMMENT = ":\n\n";

/** Resolves when the response can take more, or has closed. */
function waitForDrain(raw: ServerResponse): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = () => {
    raw.off("drain", done).off("close", done);
    resolve(undefined);
  };
  raw.on("drain", done).on("close", done);
  return promise;
}

/** Responds with server-sent events, and with the headers that the reply has. At most one event waits to be sent, and one comment. */
export function openEventStream(reply: FastifyReply, { keepAliveMs, onSlow }: EventStreamOptions) {
  reply.type("text/event-stream; charset=utf-8").header("x-accel-buffering", "no").hijack(); // nginx would collect events
  const { raw } = reply;
  raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
  let isSlow = false;

  async function write(text: string): Promise<void> {
    if (raw.destroyed || raw.write(text)) return;
    await waitForDrain(raw);
    isSlow = false;
  }

  const timer = setInterval(() => {
    const isWaiting = raw.writableNeedDrain || raw.writableEnded; // it closes once everything is sent
    if (!isWaiting) void write(COMMENT);
    else if (isSlow) {
      onSlow();
      raw.destroy();
    } else isSlow = true;
  }, keepAliveMs);
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  const onClose = () => {
    clearInterval(timer);
    resolve(undefined);
  };
  if (raw.destroyed) onClose();
  else raw.once("close", onClose);
  void write(COMMENT); // some clients report an open stream only after its first bytes

  return {
    /** Resolves when the client has disconnected, or the last event was sent. */
    closed,
    /** Resolves when the client can take more, or has disconnected. */
    send: (event: string, data?: unknown): Promise<void> =>
      write(`event: ${event}\ndata:${data === undefined ? "" : ` ${JSON.stringify(data)}`}\n\n`),
    /** Ends the response. */
    end(): void {
      raw.end();
    },
  };
}
