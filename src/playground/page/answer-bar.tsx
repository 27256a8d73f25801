import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";
import { describeAnswer } from "./describe-answer";
import { type Answered } from "./graphql-fetcher";

/** Below the response: what the tab's last answer cost, and as whom it was asked for. */
export function AnswerBar({ last }: { readonly last: Answered | undefined }) {
  const tab = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id ?? "");
  const [answers, setAnswers] = useState<Readonly<Record<string, Answered>>>({});
  // Only a new answer belongs to the tab that is open now; opening another tab is no answer.
  useEffect(() => {
    if (last) setAnswers((before) => ({ ...before, [tab]: last }));
  }, [last]);
  const answer = answers[tab];
  return (
    <p className="answer-bar" role="status" aria-label="What the answer cost">
      {answer && <span>{describeAnswer(answer)}</span>}
      {answer?.askedAs !== undefined && <span>{answer.askedAs}</span>}
    </p>
  );
}
