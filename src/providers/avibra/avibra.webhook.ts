import { z } from "zod";
import { normalizeTimestamp } from "../../platform/kernel/normalize-timestamp";

/** Avibra's documented events. Its public table is truncated: others exist. */
const EVENT_KINDS = {
  enrollment_request_received: "ENROLLMENT_REQUEST_RECEIVED",
  enrollment_successful: "ENROLLMENT_SUCCESSFUL",
  offer_activation_successful: "OFFER_ACTIVATION_SUCCESSFUL",
  offer_upgrade_successful: "OFFER_UPGRADE_SUCCESSFUL",
  user_benefits_pendingswap: "USER_BENEFITS_PENDING_SWAP",
} as const;
export type AvibraEventKind = (typeof EVENT_KINDS)[keyof typeof EVENT_KINDS];

/** Returns undefined for a name that is not documented. */
export function getEventKind(name: string | null): AvibraEventKind | undefined {
  return name !== null && Object.hasOwn(EVENT_KINDS, name) ? EVENT_KINDS[name as keyof typeof EVENT_KINDS] : undefined;
}

/** Returns Avibra's names of these kinds. */
export function getEventNames(kinds: readonly AvibraEventKind[]): string[] {
  return Object.entries(EVENT_KINDS).flatMap(([name, kind]) => (kinds.includes(kind) ? [name] : []));
}

/** Maximum clock skew: the time of an event further in the future is ignored. */
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
/** Value of a detail that cannot be parsed; equals no offer id. */
const UNREADABLE = "";
const Detail = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number().transform(String)]).catch(UNREADABLE),
});
/** The offer id among the details. Undefined if there is none; `UNREADABLE` if it cannot be parsed. */
const EventOfferId = z
  .array(Detail)
  .nullish()
  .transform((details) => details?.find(({ name }) => name.toLowerCase() === "offerid")?.value)
  .catch(UNREADABLE);

/**
 * `eventInfo` (member names assumed, but for `moredetails`). Accepts any JSON object: members that cannot be parsed are
 * null, so that no event is lost. Only the offer id is taken from the details: they may be personal data.
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

/** A parsed event. */
export interface AvibraEvent {
  readonly name: string | null;
  readonly userId: string | null;
  /** When it happened, epoch ms; null if absent or in the future. */
  readonly at: number | null;
  /** The offer id; undefined if absent, `""` if it cannot be parsed. */
  readonly offerId: string | undefined;
}

/** Parses one event; returns undefined if it is not a JSON object. */
export function parseEvent(json: unknown, receivedAt: number): AvibraEvent | undefined {
  const parsed = EventInfo.safeParse(json);
  if (!parsed.success) return undefined;
  const { timestamp, ...event } = parsed.data;
  const at = timestamp === null ? null : Date.parse(timestamp);
  return { ...event, at: at !== null && at <= receivedAt + MAX_CLOCK_SKEW_MS ? at : null };
}
