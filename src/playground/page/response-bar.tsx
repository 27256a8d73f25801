import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";
import { describeResponse } from "./describe-response";
import { type CompletedRequest } from "./graphql-fetcher";

/** The bar below the response: the cost of the tab's last response, and its caller. */
export function ResponseBar({ latest }: { readonly latest: CompletedRequest | undefined }) {
  const tab = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id ?? "");
  const [responses, setResponses] = useState<Readonly<Record<string, CompletedRequest>>>({});
  // Only a new response belongs to the open tab; opening another tab is not a response.
  useEffect(() => {
    if (latest) setResponses((before) => ({ ...before, [tab]: latest }));
  }, [latest]);
  const response = responses[tab];
  return (
    <p className="response-bar" role="status" aria-label="Response cost">
      {response && <span>{describeResponse(response)}</span>}
      {response?.callerName !== undefined && <span>{response.callerName}</span>}
    </p>
  );
}
