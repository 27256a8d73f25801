import { About, type AboutProps } from "./about";
import { describeCost, verdictOf } from "./describe-response";
import { ErrorList } from "./error-list";
import { type CauseEvent, EventList } from "./event-list";
import { useActiveTab } from "./editor-text";
import { type TabResult, type TabResults } from "./tab-results";

export interface ResponsePanelProps extends Omit<AboutProps, "onClose"> {
  readonly results: TabResults;
  /** Whether the introduction is shown although there is a response. */
  readonly isAboutOpen: boolean;
  readonly onCloseAbout: () => void;
  readonly causeEvent: CauseEvent | undefined;
}

/** In one line: whether it succeeded, the cost, and the caller. Empty if there is no response. */
function ResponseBar({ result }: { readonly result: TabResult | undefined }) {
  const completed = result?.kind === "response" ? result.completed : undefined;
  const verdict = completed && verdictOf(completed.body);
  const events = result?.kind === "events" ? result : undefined;
  const callerName = completed?.callerName ?? events?.subscription.callerName;
  return (
    <p className="response-bar" role="status" aria-label="Response cost">
      {verdict && <strong className={verdict.kind}>{verdict.text}</strong>}
      {completed && <span>{describeCost(completed)}</span>}
      {events && <strong>{events.isOpen ? "Open" : "Ended"}</strong>}
      {events && <span>{events.events.length} received</span>}
      {callerName !== undefined && <span className="by">{callerName}</span>}
    </p>
  );
}

/** What the page adds to the response: the introduction in its place, or its verdict, cost and errors above it. */
export function ResponsePanel(props: ResponsePanelProps) {
  const { results, isAboutOpen, onCloseAbout, causeEvent, ...about } = props;
  const tab = useActiveTab();
  const result = results[tab];
  const isAboutShown = isAboutOpen || result === undefined;
  const completed = result?.kind === "response" ? result.completed : undefined;
  return (
    <>
      <ResponseBar result={result} />
      {isAboutShown && <About {...about} onClose={result && onCloseAbout} />}
      {!isAboutShown && result.kind === "events" && <EventList key={tab} result={result} causeEvent={causeEvent} />}
      {!isAboutShown && completed && (
        <ErrorList body={completed.body} kind={verdictOf(completed.body).kind === "bad" ? "bad" : "refused"} />
      )}
    </>
  );
}
