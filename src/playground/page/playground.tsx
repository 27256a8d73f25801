import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { type ComponentProps, useEffect, useRef, useState } from "react";
import { ResponseBar } from "./response-bar";
import { type Caller, callers } from "./callers";
import { fetchDeveloperToken, tokensUnavailable } from "./developer-token";
import { type CompletedRequest, type RequestCaller, createFetcher } from "./graphql-fetcher";
import { PageHeader } from "./page-header";

type GraphiqlProps = ComponentProps<typeof GraphiQL>;

export interface PlaygroundProps {
  readonly endpoint: string;
  /** The URL that issues developer tokens; undefined if there is none, so that no caller can be chosen. */
  readonly tokenUrl: string | undefined;
  readonly tabs: NonNullable<GraphiqlProps["defaultTabs"]>;
  /** What the editor contains first, in place of the session's tab. */
  readonly initial?: Pick<GraphiqlProps, "initialQuery" | "initialVariables">;
  readonly storage: NonNullable<GraphiqlProps["storage"]>;
}

const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

const OWN_HEADERS = `// Headers of this tab's own. An Authorization here
// is sent instead of the chosen caller's.
{}`;

function Notice({ text }: { readonly text: string }) {
  const [isOpen, setOpen] = useState(true);
  if (!isOpen) return null;
  return (
    <p className="notice" role="status">
      <span>{text}</span>
      <button
        type="button"
        onClick={() => {
          setOpen(false);
        }}
      >
        Dismiss
      </button>
    </p>
  );
}

/** GraphiQL with the examples in its tabs, the chosen caller, and the cost of each response. */
export function Playground({ endpoint, tokenUrl, tabs, initial, storage }: PlaygroundProps) {
  const [caller, setCaller] = useState<Caller>(callers[0]);
  const [notice, setNotice] = useState<string>();
  const [latest, setLatest] = useState<CompletedRequest>();
  // Read by the fetcher when it sends: GraphiQL needs the same fetcher throughout, because a new one fetches the schema again.
  const callerRef = useRef<Promise<RequestCaller>>(undefined);
  useEffect(() => {
    const tokenResult =
      tokenUrl === undefined ? Promise.resolve(tokensUnavailable) : fetchDeveloperToken(tokenUrl, caller);
    const requestCaller = tokenResult.then((result) =>
      "notice" in result ? { headers: {} } : { ...result, name: caller.label },
    );
    callerRef.current = requestCaller;
    void tokenResult.then((result) => {
      if (callerRef.current === requestCaller) setNotice("notice" in result ? result.notice : undefined);
    });
  }, [tokenUrl, caller]);
  const [fetcher] = useState(() =>
    createFetcher({
      endpoint,
      getCaller: async () => (await callerRef.current) ?? { headers: {} },
      onResponse: setLatest,
    }),
  );
  return (
    <>
      <PageHeader caller={tokenUrl === undefined ? undefined : caller} onChoose={setCaller} />
      {notice !== undefined && <Notice key={notice} text={notice} />}
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        plugins={plugins}
        defaultTabs={tabs}
        {...initial}
        {...(tokenUrl !== undefined && { defaultHeaders: OWN_HEADERS })}
        defaultEditorToolsVisibility={tokenUrl === undefined ? "headers" : "variables"}
        shouldPersistHeaders={false}
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <GraphiQL.Footer>
          <ResponseBar latest={latest} />
        </GraphiQL.Footer>
      </GraphiQL>
    </>
  );
}
