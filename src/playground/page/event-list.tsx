import { useState } from "react";
import { ErrorList } from "./error-list";
import { errorsOf, type TabResult } from "./tab-results";

/** Causes an event about a member. Resolves with the reason if there will be none. */
export type CauseEvent = (memberId: string) => Promise<string | undefined>;

export interface EventListProps {
  readonly result: Extract<TabResult, { kind: "events" }>;
  /** Undefined if the page must not cause events, because the providers are real. */
  readonly causeEvent: CauseEvent | undefined;
}

const formatTime = (at: number) => new Date(at).toLocaleTimeString(undefined, { hour12: false });

function CauseButton({ memberId, causeEvent }: { readonly memberId: string; readonly causeEvent: CauseEvent }) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<string>();
  const cause = async () => {
    setSending(true);
    setProblem(await causeEvent(memberId));
    setSending(false);
  };
  return (
    <div className="cause">
      <button type="button" className="primary" aria-disabled={isSending} onClick={() => void (isSending || cause())}>
        Cause an event
      </button>
      <span role="status">
        {problem ?? (
          <>
            Sends <code>prefillUser</code> for {memberId}. The simulated Avibra then calls the webhook.
          </>
        )}
      </span>
    </div>
  );
}

/** A subscription: what it waits for, a button that causes an event, and every event that arrived, the newest first. */
export function EventList({ result, causeEvent }: EventListProps) {
  const { subscription, isOpen, events, errors } = result;
  const { memberId, waitsFor } = subscription;
  return (
    <section className="event-list" aria-label="Subscription">
      <h2 className={isOpen ? "waiting" : undefined}>
        {isOpen ? `Waiting for ${waitsFor}` : `No longer waiting for ${waitsFor}`}
      </h2>
      {isOpen && events.length === 0 && (
        <p>A subscription has no response of its own. Each event appears here when it happens.</p>
      )}
      {isOpen && memberId !== undefined && causeEvent && <CauseButton memberId={memberId} causeEvent={causeEvent} />}
      <ErrorList body={{ errors }} kind="bad" />
      {/* Focusable, so that the keyboard can scroll it. */}
      <div className="events" role="log" aria-label="Received events" tabIndex={0}>
        {events.map(({ body, at }, index) => (
          <article key={events.length - index} className={errorsOf(body).length > 0 ? "bad" : undefined}>
            <h3>
              Event {events.length - index} <time>{formatTime(at)}</time>
            </h3>
            <ErrorList body={body} kind="bad" />
            <pre>{JSON.stringify((body as { readonly data?: unknown }).data ?? body, undefined, 2)}</pre>
          </article>
        ))}
      </div>
    </section>
  );
}
