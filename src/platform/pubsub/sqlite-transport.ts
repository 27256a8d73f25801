import { DatabaseUnavailable } from "../database/database.errors";
import { type Database } from "../database/open-database";
import { describeError } from "../errors/describe-error";
import { createPollingWorker } from "../kernel/polling-worker";
import { type Logger } from "../observability/logger";
import { purgeMessages, readLastId, readMessages } from "./notification-table";
import { type Receiver, type Transport } from "./pub-sub";

export interface SqliteTransportOptions {
  readonly database: Pick<Database, "kysely">;
  /** Time between two polls, in ms. */
  readonly intervalMs: number;
  readonly logger: Logger;
}

/**
 * Receives the messages that commands leave in the table. It sends nothing: with SQLite there is one running process, and a write for
 * each of its own messages would be in vain.
 */
export function createSqliteTransport(options: SqliteTransportOptions, receiver: Receiver): Transport {
  const { kysely } = options.database;
  let lastId: number | undefined;

  async function pollOnce(): Promise<number> {
    if (lastId === undefined) {
      lastId = await readLastId(kysely);
      receiver.onReconnect(); // messages may have been left before
      return 0;
    }
    const messages = await readMessages(kysely, lastId);
    for (const { id, topic, key } of messages) {
      lastId = id;
      receiver.onMessage({ topic, key });
    }
    if (messages.length > 0) await purgeMessages(kysely);
    return messages.length;
  }

  const worker = createPollingWorker({
    pollOnce,
    batchSize: Infinity, // each poll reads all
    intervalMs: options.intervalMs,
    onFailure: (error) => {
      // The loss of the database is logged once, not at each poll.
      const level = error instanceof DatabaseUnavailable ? "debug" : "warn";
      options.logger[level](describeError(error), "reading notifications failed");
    },
  });
  worker.start();
  return { send: () => Promise.resolve(), close: () => worker.stop() };
}
