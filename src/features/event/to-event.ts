import { type Message } from "../../platform/inbox/message";
import { getEventKind } from "../../providers/avibra/avibra.webhook";
import { type UserEvent } from "./event.type";

/** Maps a stored event to its GraphQL type. */
export function toEvent({ id, kind, occurredAt, receivedAt }: Message): UserEvent {
  return {
    id,
    kind: getEventKind(kind) ?? "UNKNOWN",
    providerKind: kind,
    occurredAt: new Date(occurredAt).toISOString(),
    receivedAt: new Date(receivedAt).toISOString(),
  };
}
