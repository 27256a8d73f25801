import { type Message } from "../../platform/inbox/message";
import { getEventKind } from "../../providers/avibra/avibra.webhook";
import { type UserEvent } from "./event.type";

/** What the graph says of a stored event. */
export function toEvent({ id, kind, occurredAt, receivedAt }: Message): UserEvent {
  return {
    id,
    kind: getEventKind(kind) ?? "UNKNOWN",
    providerKind: kind,
    occurredAt: new Date(occurredAt).toISOString(),
    receivedAt: new Date(receivedAt).toISOString(),
  };
}
