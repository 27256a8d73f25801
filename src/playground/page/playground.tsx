import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useReducer, useRef, useState } from "react";
import { useChosenCaller } from "./chosen-caller";
import { useEditorColors } from "./editor-colors";
import { type Example } from "./example-tabs";
import { createFetcher } from "./graphql-fetcher";
import { InsideGraphiql } from "./inside-graphiql";
import { Notice } from "./notice";
import { type OpenTabs } from "./open-tabs";
import { PageHeader } from "./page-header";
import { resetSandbox, type ResetResult } from "./reset-sandbox";
import { ResponsePanel } from "./response-panel";
import { sendTestEvent } from "./send-test-event";
import { beginSession, restoreExamples } from "./session";
import { changeResults } from "./tab-results";

export interface PlaygroundProps {
  readonly endpoint: string;
  /** The URL that issues developer tokens; undefined if there is none, so that no caller can be chosen. */
  readonly tokenUrl: string | undefined;
  /** The URL that resets the sandbox; undefined if the providers are real. */
  readonly resetUrl: string | undefined;
  readonly examples: readonly Example[];
}

const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

const OWN_HEADERS = `// Headers of this tab's own. An Authorization here
// is sent instead of the chosen caller's.
{}`;

/** GraphiQL with the examples in its tabs, the chosen caller, and an introduction where the response will be. */
export function Playground({ endpoint, tokenUrl, resetUrl, examples }: PlaygroundProps) {
  const { caller, chooseCaller, getCaller, problem } = useChosenCaller(tokenUrl);
  const [session, setSession] = useState(() => beginSession(examples, caller));
  const [results, changeResult] = useReducer(changeResults, {});
  const [isIntroductionOpen, setIntroductionOpen] = useState(false);
  const [resetResult, setResetResult] = useState<ResetResult>();
  const openTabs = useRef<OpenTabs>({ activeTab: "", tabs: [] });
  useEditorColors();
  // GraphiQL needs the same fetcher throughout, because a new one fetches the schema again.
  const [fetcher] = useState(() =>
    createFetcher({
      endpoint,
      getCaller,
      getTab: () => openTabs.current.activeTab,
      onChange(change) {
        if (change.type === "responded" || change.type === "subscribed") setIntroductionOpen(false);
        changeResult(change);
      },
    }),
  );
  const restore = () => {
    changeResult({ type: "cleared" });
    setSession(restoreExamples(session, { examples, caller, openTabs: openTabs.current }));
  };
  const reset = async (url: string) => {
    setResetResult(undefined); // the notice of an earlier reset may be dismissed
    const result = await resetSandbox(url);
    setResetResult(result);
    if (result.isReset) restore();
  };
  const openIntroduction = () => {
    setIntroductionOpen(true);
    requestAnimationFrame(() => document.getElementById("introduction-title")?.focus());
  };
  const isSimulated = resetUrl !== undefined;
  return (
    <>
      <PageHeader
        {...{ isSimulated, caller }}
        onChoose={chooseCaller}
        onAbout={openIntroduction}
        onRestore={restore}
        onReset={resetUrl === undefined ? undefined : () => void reset(resetUrl)}
      />
      {problem !== undefined && <Notice key={problem} text={problem} />}
      {resetResult && <Notice text={resetResult.notice} isGood={resetResult.isReset} />}
      <main>
        <GraphiQL
          key={session.id}
          fetcher={fetcher}
          storage={session.storage}
          plugins={plugins}
          defaultTabs={session.tabs}
          {...session.initial}
          {...(tokenUrl !== undefined && { defaultHeaders: OWN_HEADERS })}
          defaultEditorToolsVisibility={tokenUrl === undefined ? "headers" : "variables"}
          shouldPersistHeaders={false}
        >
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
          <GraphiQL.Footer>
            <ResponsePanel
              {...{ results, isIntroductionOpen, isSimulated, caller }}
              onChoose={chooseCaller}
              onCloseIntroduction={() => {
                setIntroductionOpen(false);
              }}
              sendTestEvent={
                tokenUrl === undefined
                  ? undefined
                  : async (memberId) => sendTestEvent(endpoint, await getCaller(), memberId)
              }
            />
          </GraphiQL.Footer>
          <InsideGraphiql {...{ session, caller, openTabs }} />
        </GraphiQL>
      </main>
    </>
  );
}
