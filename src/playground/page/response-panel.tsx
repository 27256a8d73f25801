import { Introduction, type IntroductionProps } from "./introduction";
import { describeCost, outcomeOf } from "./describe-response";
import { ErrorList } from "./error-list";
import { EventList, type SendTestEvent } from "./event-list";
import { useActiveTab } from "./active-tab";
import { type TabResult, type TabResults } from "./tab-results";

export interface ResponsePanelProps extends Omit<IntroductionProps, "onClose"> {
  readonly results: TabResults;
  /** Whether the introduction is shown although there is a response. */
  readonly isIntroductionOpen: boolean;
  readonly onCloseIntroduction: () => void;
  readonly sendTestEvent: SendTestEvent | undefined;
}

/** In one line: whether it succeeded, the cost, and the caller. Empty if there is no response. */
function ResponseBar({ result }: { readonly result: TabResult | undefined }) {
  const completed = result?.kind === "response" ? result.completed : undefined;
  const outcome = completed && outcomeOf(completed.body);
  const events = result?.kind === "events" ? result : undefined;
  const callerName = completed?.callerName ?? events?.subscription.callerName;
  return (
    <p className="response-bar" role="status" aria-label="Response cost">
      {outcome && <strong className={outcome.kind}>{outcome.text}</strong>}
      {completed && <span>{describeCost(completed)}</span>}
      {events && <strong>{events.isOpen ? "Open" : "Ended"}</strong>}
      {events && <span>{events.events.length} received</span>}
      {callerName !== undefined && <span className="by">{callerName}</span>}
    </p>
  );
}

/** What the page adds to the response: the introduction in its place, or its outcome, cost and errors above it. */
export function ResponsePanel(props: ResponsePanelProps) {
  const { results, isIntroductionOpen, onCloseIntroduction, sendTestEvent, ...introduction } = props;
  const tab = useActiveTab();
  const result = results[tab];
  const isIntroductionShown = isIntroductionOpen || result === undefined;
  const completed = result?.kind === "response" ? result.completed : undefined;
  return (
    <>
      <ResponseBar result={result} />
      {isIntroductionShown && <Introduction {...introduction} onClose={result && onCloseIntroduction} />}
      {!isIntroductionShown && result.kind === "events" && (
        <EventList key={tab} result={result} sendTestEvent={sendTestEvent} />
      )}
      {!isIntroductionShown && completed && (
        <ErrorList body={completed.body} kind={outcomeOf(completed.body).kind === "bad" ? "bad" : "refused"} />
      )}
    </>
  );
}
