import { randomUUID } from "node:crypto";
import { Socket } from "node:net";
import { Client } from "pg";
import { z } from "zod";
import { type Database } from "../database/open-database";
import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";
import { createMessageSender } from "./message-sender";
import { CHANNEL } from "./notification-table";
import { type Receiver, type PubSubMessage, type Transport } from "./pub-sub";

const CONNECT_TIMEOUT_MS = 2_000;
/** How often the connection is checked, in ms: a broken connection may report no error. */
const PROBE_INTERVAL_MS = 5_000;
/** How long a connection has to end: a server that has vanished never answers. */
const CLOSE_TIMEOUT_MS = 1_000;
const MIN_RETRY_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 10_000;

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
  let current: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;

  function handleNotification(payload: string | undefined): void {
    const parsed = Notification.safeParse(parseJson(payload));
    if (!parsed.success || parsed.data.from === instanceId) return; // of another program on this channel, or sent by this process
    const { topic, key } = parsed.data;
    receiver.onMessage({ topic, key });
  }

  function handleConnectionLoss(connection: Connection, error: unknown): void {
    if (connection !== current || isClosed) return;
    current = undefined;
    clearTimeout(timer);
    void closeConnection(connection);
    if (failures === 0) logger.warn(describeError(error), "LISTEN connection lost");
    const maxDelayMs = Math.min(MAX_RETRY_DELAY_MS, MIN_RETRY_DELAY_MS * 2 ** failures);
    failures += 1;
    timer = setTimeout(() => void listen(), maxDelayMs * (0.5 + random() / 2));
  }

  async function probe(connection: Connection): Promise<void> {
    await connection.client.query("select 1");
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
    const connection = openConnection(url);
    current = connection;
    const { client } = connection;
    client.on("error", (error) => {
      handleConnectionLoss(connection, error);
    });
    client.on("end", () => {
      handleConnectionLoss(connection, new Error("the connection ended"));
    });
    client.on("notification", ({ payload }) => {
      handleNotification(payload);
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      await probe(connection);
    } catch (error) {
      handleConnectionLoss(connection, error);
      return;
    }
    if (failures > 0) logger.info("LISTEN connection restored");
    failures = 0;
    receiver.onReconnect(); // also the first time: messages may have been sent before
  }

  const sender = createMessageSender({ target: database, from: instanceId, logger });

  void listen();
  return {
    async send(messages: readonly PubSubMessage[]) {
      if (isClosed) return;
      await sender.send(messages);
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await sender.drain();
      if (current) await closeConnection(current);
    },
  };
}

interface Connection {
  readonly client: Client;
  readonly socket: Socket;
}

function openConnection(url: string): Connection {
  const socket = new Socket();
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: PROBE_INTERVAL_MS,
    keepAlive: true,
    stream: () => socket,
  });
  return { client, socket };
}

async function closeConnection({ client, socket }: Connection): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "") as unknown;
  } catch {
    return undefined;
  }
}
