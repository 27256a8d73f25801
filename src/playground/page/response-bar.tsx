import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";
import { describeResponse } from "./describe-response";
import { type CompletedRequest } from "./graphql-fetcher";

/** Below the response: what the tab's last answer cost, and as whom it was asked for. */
export function ResponseBar({ latest }: { readonly latest: CompletedRequest | undefined }) {
  const tab = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id ?? "");
  const [responses, setResponses] = useState<Readonly<Record<string, CompletedRequest>>>({});
  // Only a new answer belongs to the tab that is open now; opening another tab is no answer.
  useEffect(() => {
    if (latest) setResponses((before) => ({ ...before, [tab]: latest }));
  }, [latest]);
  const response = responses[tab];
  return (
    <p className="answer-bar" role="status" aria-label="What the answer cost">
      {response && <span>{describeResponse(response)}</span>}
      {response?.callerName !== undefined && <span>{response.callerName}</span>}
    </p>
  );
}
