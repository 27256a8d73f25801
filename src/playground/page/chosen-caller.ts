import { useEffect, useRef, useState } from "react";
import { type Caller, callers } from "./callers";
import { fetchDeveloperToken, tokensUnavailable } from "./developer-token";
import { type RequestCaller } from "./graphql-fetcher";
import { openStorage } from "./storage";

const KEY = "playground:caller";
const storage = openStorage();

const readStored = () => callers.find(({ label }) => label === storage.getItem(KEY)) ?? callers[0];

/** The chosen caller and its token. A reload keeps the choice, but never a token. */
export function useChosenCaller(tokenUrl: string | undefined) {
  const [caller, setCaller] = useState<Caller>(readStored);
  const [problem, setProblem] = useState<string>();
  const latest = useRef<Promise<RequestCaller>>(undefined);
  useEffect(() => {
    const tokenResult =
      tokenUrl === undefined ? Promise.resolve(tokensUnavailable) : fetchDeveloperToken(tokenUrl, caller);
    const requestCaller = tokenResult.then((result) =>
      "notice" in result ? { headers: {} } : { ...result, name: caller.label },
    );
    latest.current = requestCaller;
    void tokenResult.then((result) => {
      if (latest.current === requestCaller) setProblem("notice" in result ? result.notice : undefined);
    });
  }, [tokenUrl, caller]);
  return {
    /** Undefined if the page cannot choose one. */
    caller: tokenUrl === undefined ? undefined : caller,
    chooseCaller: (chosen: Caller) => {
      storage.setItem(KEY, chosen.label);
      setCaller(chosen);
    },
    /** The headers of the caller that was chosen last. */
    getCaller: async (): Promise<RequestCaller> => (await latest.current) ?? { headers: {} },
    /** Why there is no token; undefined if there is one. */
    problem,
  };
}
