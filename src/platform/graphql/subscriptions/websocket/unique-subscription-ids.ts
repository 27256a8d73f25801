import { CloseCode, type Message, MessageType, parseMessage, stringifyMessage, type WebSocket } from "graphql-ws";

/** The client's message; none for what is no message, which the library answers. */
function tryParseMessage(text: string): Message | undefined {
  try {
    return parseMessage(text);
  } catch {
    return undefined;
  }
}

/** The reason of a close has room for 123 bytes; an id may be longer. */
const truncateId = (id: string) => id.slice(0, 24);

/**
 * A client may complete an id and use it again while the first subscription of that id is still being opened or ended. The library
 * knows subscriptions by their id alone, so it would take one for the other: lose one that is open, or drop the new one. So each
 * subscription has an id of its own towards the library, and what comes late from one that was completed is not sent.
 */
export function withUniqueSubscriptionIds(socket: WebSocket): WebSocket {
  /** The client's ids in use, with the library's for each. */
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
