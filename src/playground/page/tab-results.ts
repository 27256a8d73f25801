/** One error of a response, as far as the page shows it. */
export interface ResponseError {
  readonly message?: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly requestId?: string };
}

/** One response, with what the page shows beside it. */
export interface CompletedRequest {
  readonly body: unknown;
  /** Milliseconds from sending the request to the last byte. */
  readonly durationMs: number;
  /** The caller's name; undefined if the page does not know it. */
  readonly callerName: string | undefined;
}

/** A subscription that was started. */
export interface StartedSubscription {
  /** What it waits for, as the end of a sentence: `Avibra's events about u-1001`. */
  readonly waitsFor: string;
  /** The member whose events it waits for; undefined if the page cannot send a test event. */
  readonly memberId: string | undefined;
  readonly callerName: string | undefined;
}

export interface ReceivedEvent {
  readonly body: unknown;
  /** When it arrived, in epoch ms. */
  readonly at: number;
}

/** What a tab shows: nothing, a response, or the events of a subscription. */
export type TabResult =
  | { readonly kind: "response"; readonly completed: CompletedRequest }
  | {
      readonly kind: "events";
      readonly subscription: StartedSubscription;
      readonly isOpen: boolean;
      /** The newest first. */
      readonly events: readonly ReceivedEvent[];
      /** Why it ended; empty if it is open, was stopped, or has ended by itself. */
      readonly errors: readonly ResponseError[];
    };

export type TabResults = Readonly<Record<string, TabResult>>;

/** What happens to a tab's result, by the tab's ID. */
export type ResultChange =
  | { readonly type: "responded"; readonly tab: string; readonly completed: CompletedRequest }
  | { readonly type: "subscribed"; readonly tab: string; readonly subscription: StartedSubscription }
  | { readonly type: "received"; readonly tab: string; readonly event: ReceivedEvent }
  | { readonly type: "ended"; readonly tab: string; readonly errors: readonly ResponseError[] }
  /** The user stopped it, or left its tab. */
  | { readonly type: "stopped"; readonly tab: string }
  | { readonly type: "cleared" };

/** The page's memory of a subscription that never ends. */
const MAX_EVENTS = 100;

function changeResult(result: TabResult | undefined, change: Exclude<ResultChange, { type: "cleared" }>) {
  if (change.type === "responded") return { kind: "response", completed: change.completed } as const;
  if (change.type === "subscribed") {
    return { kind: "events", subscription: change.subscription, isOpen: true, events: [], errors: [] } as const;
  }
  if (result?.kind !== "events") return change.type === "stopped" ? undefined : result; // GraphiQL has removed its response
  switch (change.type) {
    case "received":
      return { ...result, events: [change.event, ...result.events].slice(0, MAX_EVENTS) };
    case "ended":
      return { ...result, isOpen: false, errors: change.errors };
    case "stopped":
      return { ...result, isOpen: false };
  }
}

export function changeResults(results: TabResults, change: ResultChange): TabResults {
  if (change.type === "cleared") return {};
  const { [change.tab]: previous, ...others } = results;
  const result = changeResult(previous, change);
  return result === undefined ? others : { ...others, [change.tab]: result };
}

/** The errors of a response; none if it has none, or is no object. */
export const errorsOf = (body: unknown) =>
  ((body ?? {}) as { readonly errors?: readonly ResponseError[] }).errors ?? [];

/** What was thrown instead of a response: GraphQL errors, the end of a WebSocket, or an error of the browser. */
export function toErrors(thrown: unknown): readonly ResponseError[] {
  if (Array.isArray(thrown)) return thrown as readonly ResponseError[];
  const { code, reason, message } = (thrown ?? {}) as { code?: number; reason?: string; message?: string };
  if (message) return [{ message }];
  return [{ message: `The connection was closed${code ? ` (${code}${reason ? `: ${reason}` : ""})` : ""}.` }];
}
