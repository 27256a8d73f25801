import { CloseCode, type Message, MessageType, parseMessage, stringifyMessage, type WebSocket } from "graphql-ws";

/** Returns undefined for an invalid message, which graphql-ws reports. */
function tryParseMessage(text: string): Message | undefined {
  try {
    return parseMessage(text);
  } catch {
    return undefined;
  }
}

/** The reason of a close frame has at most 123 bytes; an ID can be longer. */
const truncateId = (id: string) => id.slice(0, 24);

/**
 * Gives each subscription an ID that is unique for graphql-ws, and drops late messages of completed subscriptions.
 *
 * Report for graphql-ws (6.4.2; no upstream issue found, https://github.com/enisdenjo/graphql-ws/pull/96 is about IDs in use):
 * the protocol allows a client to reuse an ID after `complete`. The server stores subscriptions only by ID, so a completed
 * subscription that is still being opened or ended acts on its successor. To reproduce:
 *
 * 1. Send `subscribe` with ID 1. `onSubscribe` or `subscribe` of the server waits.
 * 2. Send `complete` and then `subscribe`, both with ID 1. The server deletes `ctx.subscriptions[1]` and sets it again.
 * 3. The first subscription continues: `1 in ctx.subscriptions` is true, so it is not ended. It replaces the second one in
 *    `ctx.subscriptions`, and its end deletes the entry. A later `complete` or a closed socket ends only one of the two.
 *
 * Expected: a completed subscription ends, sends nothing more and leaves the entry of its successor unchanged.
 */
export function withUniqueSubscriptionIds(socket: WebSocket): WebSocket {
  /** The ID for graphql-ws, by each ID that the client uses. */
  const activeIds = new Map<string, string>();
  let idCounter = 0;

  function translateIncoming(text: string): string | undefined {
    const message = tryParseMessage(text);
    if (message?.type === MessageType.Subscribe) {
      if (activeIds.has(message.id)) {
        void socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${truncateId(message.id)} already exists`);
        return undefined;
      }
      idCounter += 1;
      const id = `${idCounter}:${message.id}`;
      activeIds.set(message.id, id);
      return stringifyMessage({ ...message, id });
    }
    if (message?.type === MessageType.Complete) {
      const id = activeIds.get(message.id);
      activeIds.delete(message.id);
      return id === undefined ? undefined : stringifyMessage({ ...message, id });
    }
    return text;
  }

  function translateOutgoing(text: string): string | undefined {
    const message = parseMessage(text);
    if (!("id" in message)) return text;
    const id = message.id.slice(message.id.indexOf(":") + 1);
    if (activeIds.get(id) !== message.id) return undefined;
    if (message.type !== MessageType.Next) activeIds.delete(id);
    return stringifyMessage({ ...message, id });
  }

  return {
    ...socket,
    async send(text) {
      const message = translateOutgoing(text);
      if (message !== undefined) await socket.send(message);
    },
    onMessage(handle) {
      socket.onMessage(async (text) => {
        const message = translateIncoming(text);
        if (message !== undefined) await handle(message);
      });
    },
  };
}
