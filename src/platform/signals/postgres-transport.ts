import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Client } from "pg";
import { z } from "zod";
import { type Database } from "../database/open-database";
import { describeError } from "../errors/describe-error";
import { type Logger } from "../telemetry/logger";
import { type Receiver, type Signal, type Transport } from "./signals";

const CHANNEL = "signals";
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that died without a word is noticed by this. */
const PROBE_MS = 5_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;
/** Signals in one statement: NOTIFY takes a lock of the whole server at commit, so one commit carries many. */
const MOST_AT_ONCE = 100;
/** Kept while the database is slow to take them; beyond that the oldest are lost. */
const MOST_WAITING = 10_000;

const Notification = z.object({
  from: z.string(),
  topic: z.string(),
  key: z.string(),
});

export interface PostgresTransportOptions {
  /** Sends, over its pool. */
  readonly database: Database;
  /** Where a connection of its own listens: a pool's would be given away, and a statement pooler has none to keep. */
  readonly url: string;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Carries signals by LISTEN and NOTIFY. Reconnects for ever, and says each time that something may have been missed. */
export function connectPostgres(options: PostgresTransportOptions, receiver: Receiver): Transport {
  const { database, url, logger, random } = options;
  const self = randomUUID();
  let isClosed = false;
  let failures = 0;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  function hear(payload: string | undefined): void {
    const parsed = Notification.safeParse(parseJson(payload));
    if (!parsed.success || parsed.data.from === self) return; // of another program on this channel, or our own
    const { topic, key } = parsed.data;
    receiver.hear({ topic, key });
  }

  function lost(connection: Client, error: unknown): void {
    if (connection !== client || isClosed) return;
    client = undefined;
    clearTimeout(timer);
    connection.end().catch(() => undefined);
    if (failures === 0) logger.warn(describeError(error), "signals of other replicas are not heard");
    const longestMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    failures += 1;
    timer = setTimeout(() => void listen(), longestMs * (0.5 + random() / 2));
  }

  async function probe(connection: Client): Promise<void> {
    await connection.query("select 1");
    if (isClosed) return;
    timer = setTimeout(
      () =>
        void probe(connection).catch((error: unknown) => {
          lost(connection, error);
        }),
      PROBE_MS,
    );
  }

  async function listen(): Promise<void> {
    const connection = new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: PROBE_MS,
      keepAlive: true,
    });
    client = connection;
    connection.on("error", (error) => {
      lost(connection, error);
    });
    connection.on("end", () => {
      lost(connection, new Error("the connection ended"));
    });
    connection.on("notification", ({ payload }) => {
      hear(payload);
    });
    try {
      await connection.connect();
      await connection.query(`listen ${CHANNEL}`);
      await probe(connection);
    } catch (error) {
      lost(connection, error);
      return;
    }
    if (failures > 0) logger.info("signals of other replicas are heard again");
    failures = 0;
    receiver.missed(); // whatever was sent before, the first time too
  }

  const waiting: { readonly payload: string; readonly passedOn: () => void }[] = [];
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const some = waiting.splice(0, MOST_AT_ONCE);
      const payloads = some.map(({ payload }) => payload);
      await sql`select pg_notify(${CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`
        .execute(database.kysely)
        .catch((error: unknown) => {
          logger.warn({ signals: payloads.length, ...describeError(error) }, "signals could not be sent");
        });
      for (const { passedOn } of some) passedOn(); // whoever waits for these does not wait for those behind them
    }
    sending = undefined;
  }

  void listen();
  return {
    async send(signal: Signal) {
      if (isClosed) return;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const passedOn = () => {
        resolve(undefined);
      };
      waiting.push({ payload: JSON.stringify({ from: self, ...signal }), passedOn });
      if (waiting.length > MOST_WAITING) waiting.shift()?.passedOn();
      sending ??= sendAll();
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
