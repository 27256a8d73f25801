import { z } from "zod";
import { normalizeTimestamp } from "../../platform/kernel/normalize-timestamp";

/** What Avibra's documented events mean. Its public table is cut: others exist. */
const EVENT_KINDS = {
  enrollment_request_received: "ENROLLMENT_REQUEST_RECEIVED",
  enrollment_successful: "ENROLLMENT_SUCCESSFUL",
  offer_activation_successful: "OFFER_ACTIVATION_SUCCESSFUL",
  offer_upgrade_successful: "OFFER_UPGRADE_SUCCESSFUL",
  user_benefits_pendingswap: "USER_BENEFITS_PENDING_SWAP",
} as const;
export type AvibraEventKind = (typeof EVENT_KINDS)[keyof typeof EVENT_KINDS];

/** Undefined for a name that is not documented. */
export function getEventKind(name: string | null): AvibraEventKind | undefined {
  return name !== null && Object.hasOwn(EVENT_KINDS, name) ? EVENT_KINDS[name as keyof typeof EVENT_KINDS] : undefined;
}

/** Avibra's own names of these kinds. */
export function getEventNames(kinds: readonly AvibraEventKind[]): string[] {
  return Object.entries(EVENT_KINDS).flatMap(([name, kind]) => (kinds.includes(kind) ? [name] : []));
}

/** A clock of Avibra's may be ahead of ours by so much; an event that claims to be later has no time that can be trusted. */
const MAX_CLOCK_SKEW_MS = 300_000;

const EventName = z
  .string()
  .regex(/^[^\p{Cc}]{1,100}$/u)
  .nullable()
  .catch(null);
const EventUserId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .nullable()
  .catch(null);
/** Of a detail that cannot be read: no value of ours is this one. */
const UNREADABLE = "";
const Detail = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number().transform(String)]).catch(UNREADABLE),
});
/** Which offer it is about. Undefined where no detail says; unreadable where one that cannot be read may. */
const EventOfferId = z
  .array(Detail)
  .nullish()
  .transform((details) => details?.find(({ name }) => name.toLowerCase() === "offerid")?.value)
  .catch(UNREADABLE);

/**
 * `eventInfo` (member names assumed, but for `moredetails`). Any JSON object is one: what cannot be read of it is null, so that
 * nothing that Avibra tells is lost by our not knowing its form. Of the details only what is needed is taken: they may be personal.
 */
const EventInfo = z
  .object({
    eventname: EventName,
    userid: EventUserId,
    eventtimestamp: z.unknown().optional().transform(normalizeTimestamp),
    moredetails: EventOfferId,
  })
  .transform(({ eventname, userid, eventtimestamp, moredetails }) => ({
    name: eventname,
    userId: userid,
    timestamp: eventtimestamp,
    offerId: moredetails,
  }));

/** What an event tells. */
export interface AvibraEvent {
  readonly name: string | null;
  readonly userId: string | null;
  /** When it happened, epoch ms; null where that is not told, or cannot be true. */
  readonly at: number | null;
  /** Of the offer that it is about; undefined where it does not say, and no offer's where that cannot be read. */
  readonly offerId: string | undefined;
}

/** Reads one event; undefined for what is no JSON object. */
export function parseEvent(json: unknown, receivedAt: number): AvibraEvent | undefined {
  const parsed = EventInfo.safeParse(json);
  if (!parsed.success) return undefined;
  const { timestamp, ...event } = parsed.data;
  const at = timestamp === null ? null : Date.parse(timestamp);
  return { ...event, at: at !== null && at <= receivedAt + MAX_CLOCK_SKEW_MS ? at : null };
}
