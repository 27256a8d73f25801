import { type WebhookRequest } from "../../platform/http/server/webhook-route";
import { type Inbox } from "../../platform/inbox/inbox";
import { type Clock } from "../../platform/kernel/clock";
import { type Logger } from "../../platform/observability/logger";
import { type AvibraEventKind, getEventKind, parseEvent } from "../../providers/avibra/avibra.webhook";
import { toMessageMetadata } from "./event-processor";

export interface ReceiveEventOptions {
  readonly inbox: Pick<Inbox, "receive">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each event. A duplicate is an event that is already stored. */
  readonly onReceived: (kind: AvibraEventKind | "UNKNOWN", outcome: "stored" | "duplicate") => void;
  /** Called after an event was stored: it can be processed. */
  readonly onStored: () => void;
}

/**
 * Receives Avibra's events: each is stored, once, before it is acknowledged, and processed later. Resolves to false for JSON that
 * is not an event. Throws DatabaseUnavailable: Avibra then sends the event again.
 */
export function createReceiveEvent({ inbox, clock, logger, onReceived, onStored }: ReceiveEventOptions) {
  return async ({ text, json, idempotencyKey }: WebhookRequest): Promise<boolean> => {
    const now = clock.now();
    const event = parseEvent(json, now);
    if (!event) return false;
    const { id, isDuplicate } = await inbox.receive({
      metadata: toMessageMetadata(event, now),
      body: text,
      now,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
    const kind = getEventKind(event.name) ?? "UNKNOWN";
    onReceived(kind, isDuplicate ? "duplicate" : "stored");
    logger.debug({ kind, isDuplicate, ...(!isDuplicate && { eventId: id }) }, "event received");
    if (!isDuplicate) onStored();
    return true;
  };
}
