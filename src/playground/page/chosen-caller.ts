import { useCallback, useEffect, useRef, useState } from "react";
import { type Caller, callers } from "./callers";
import { fetchDeveloperToken, tokensUnavailable } from "./developer-token";
import { type RequestCaller } from "./graphql-fetcher";
import { openStorage } from "./storage";

const KEY = "playground:caller";
const storage = openStorage();

const readStored = () => callers.find(({ label }) => label === storage.getItem(KEY)) ?? callers[0];

/** The chosen caller. A reload keeps the choice, but never a token. */
export function useChosenCaller(tokenUrl: string | undefined) {
  const [caller, setCaller] = useState<Caller>(readStored);
  const [problem, setProblem] = useState<string>();
  const chosen = useRef(caller);
  const attempts = useRef(0);
  /** Fetches a token for each request, so that none expires, and a failed attempt is repeated. */
  const getCaller = useCallback(async (): Promise<RequestCaller> => {
    const attempt = (attempts.current += 1);
    const { current } = chosen;
    const result = tokenUrl === undefined ? tokensUnavailable : await fetchDeveloperToken(tokenUrl, current);
    if (attempt === attempts.current) setProblem("notice" in result ? result.notice : undefined);
    return "notice" in result ? { headers: {} } : { ...result, name: current.label };
  }, [tokenUrl]);
  // Shows at once if there is no token for the choice.
  useEffect(() => void getCaller(), [getCaller, caller]);
  return {
    /** Undefined if the page cannot choose one. */
    caller: tokenUrl === undefined ? undefined : caller,
    chooseCaller: (choice: Caller) => {
      storage.setItem(KEY, choice.label);
      chosen.current = choice;
      setCaller(choice);
    },
    /** The headers of the caller that was chosen last. */
    getCaller,
    /** Why there is no token; undefined if there is one. */
    problem,
  };
}
