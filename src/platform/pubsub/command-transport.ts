import { randomUUID } from "node:crypto";
import { type Database } from "../database/open-database";
import { type Logger } from "../observability/logger";
import { createMessageSender } from "./message-sender";
import { type Transport } from "./pub-sub";

/** For a command beside running processes: sends messages to them on either database, and receives none. */
export function createCommandTransport(database: Database, logger: Logger): Transport {
  const sender = createMessageSender({ target: database, from: randomUUID(), logger });
  return { send: (messages) => sender.send(messages), close: () => sender.drain() };
}
