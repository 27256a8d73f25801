import { useState } from "react";
import { ErrorList } from "./error-list";
import { errorsOf, type TabResult } from "./tab-results";

/** Sends a test event about a member. Resolves with the reason if there will be none. */
export type SendTestEvent = (memberId: string) => Promise<string | undefined>;

export interface EventListProps {
  readonly result: Extract<TabResult, { kind: "events" }>;
  /** Undefined if the page cannot send a test event, because the providers are real. */
  readonly sendTestEvent: SendTestEvent | undefined;
}

const formatTime = (at: number) => new Date(at).toLocaleTimeString(undefined, { hour12: false });

interface TestEventButtonProps {
  readonly memberId: string;
  readonly sendTestEvent: SendTestEvent;
}

function TestEventButton({ memberId, sendTestEvent }: TestEventButtonProps) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<string>();
  const send = async () => {
    setSending(true);
    setProblem(await sendTestEvent(memberId));
    setSending(false);
  };
  return (
    <div className="test-event">
      <button type="button" className="primary" aria-disabled={isSending} onClick={() => void (isSending || send())}>
        Send a test event
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

/** A subscription: what it waits for, a button that sends a test event, and every event that arrived, the newest first. */
export function EventList({ result, sendTestEvent }: EventListProps) {
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
      {isOpen && memberId !== undefined && sendTestEvent && <TestEventButton {...{ memberId, sendTestEvent }} />}
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
