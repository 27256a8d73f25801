import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Client } from "pg";
import { z } from "zod";
import { type Database } from "../database/open-database";
import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";
import { type Receiver, type PubSubMessage, type Transport } from "./pub-sub";

/** Replicas of several releases use it, so it must not change. */
const CHANNEL = "signals";
const CONNECT_TIMEOUT_MS = 2_000;
/** How often the connection is checked, in ms: a broken connection may report no error. */
const PROBE_INTERVAL_MS = 5_000;
const MIN_RETRY_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 10_000;
/** Messages in one statement: NOTIFY takes a server-wide lock at commit. */
const MAX_BATCH_SIZE = 100;
/** Messages that wait while the database is slow; beyond that the oldest are dropped. */
const MAX_QUEUE_SIZE = 10_000;

const Notification = z.object({
  from: z.string(),
  topic: z.string(),
  key: z.string(),
});

export interface PostgresTransportOptions {
  /** Sends, on a connection of its pool. */
  readonly database: Database;
  /** For the connection that listens: it needs a session of its own, which neither our pool nor a statement pooler provides. */
  readonly url: string;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Sends messages between replicas with LISTEN and NOTIFY. Reconnects without limit, and calls `onReconnect` each time. */
export function createPostgresTransport(options: PostgresTransportOptions, receiver: Receiver): Transport {
  const { database, url, logger, random } = options;
  const instanceId = randomUUID();
  let isClosed = false;
  let failures = 0;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  function handleNotification(payload: string | undefined): void {
    const parsed = Notification.safeParse(parseJson(payload));
    if (!parsed.success || parsed.data.from === instanceId) return; // of another program on this channel, or sent by this process
    const { topic, key } = parsed.data;
    receiver.onMessage({ topic, key });
  }

  function handleConnectionLoss(connection: Client, error: unknown): void {
    if (connection !== client || isClosed) return;
    client = undefined;
    clearTimeout(timer);
    connection.end().catch(() => undefined);
    if (failures === 0) logger.warn(describeError(error), "LISTEN connection lost");
    const maxDelayMs = Math.min(MAX_RETRY_DELAY_MS, MIN_RETRY_DELAY_MS * 2 ** failures);
    failures += 1;
    timer = setTimeout(() => void listen(), maxDelayMs * (0.5 + random() / 2));
  }

  async function probe(connection: Client): Promise<void> {
    await connection.query("select 1");
    if (isClosed) return;
    timer = setTimeout(
      () =>
        void probe(connection).catch((error: unknown) => {
          handleConnectionLoss(connection, error);
        }),
      PROBE_INTERVAL_MS,
    );
  }

  async function listen(): Promise<void> {
    const connection = new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: PROBE_INTERVAL_MS,
      keepAlive: true,
    });
    client = connection;
    connection.on("error", (error) => {
      handleConnectionLoss(connection, error);
    });
    connection.on("end", () => {
      handleConnectionLoss(connection, new Error("the connection ended"));
    });
    connection.on("notification", ({ payload }) => {
      handleNotification(payload);
    });
    try {
      await connection.connect();
      await connection.query(`listen ${CHANNEL}`);
      await probe(connection);
    } catch (error) {
      handleConnectionLoss(connection, error);
      return;
    }
    if (failures > 0) logger.info("LISTEN connection restored");
    failures = 0;
    receiver.onReconnect(); // also the first time: messages may have been sent before
  }

  const queue: { readonly payload: string; readonly onSent: () => void }[] = [];
  let sending: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH_SIZE);
      const payloads = batch.map(({ payload }) => payload);
      await sql`select pg_notify(${CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`
        .execute(database.kysely)
        .catch((error: unknown) => {
          logger.warn({ messages: payloads.length, ...describeError(error) }, "NOTIFY failed");
        });
      for (const { onSent } of batch) onSent(); // before the next batch is sent
    }
    sending = undefined;
  }

  void listen();
  return {
    async send(message: PubSubMessage) {
      if (isClosed) return;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const onSent = () => {
        resolve(undefined);
      };
      queue.push({ payload: JSON.stringify({ from: instanceId, ...message }), onSent });
      if (queue.length > MAX_QUEUE_SIZE) queue.shift()?.onSent();
      sending ??= flush();
      await promise;
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await sending;
      await client?.end().catch(() => undefined);
    },
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "") as unknown;
  } catch {
    return undefined;
  }
}
