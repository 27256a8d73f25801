import { type RefObject, useEffect } from "react";
import { useActiveTabInSight, useStopOnLeave } from "./active-tab";
import { type Caller } from "./callers";
import { useEditorText } from "./editor-text";
import { type OpenTabs, useOpenTabs } from "./open-tabs";
import { rememberExampleTabs, type Session } from "./session";

export interface InsideGraphiqlProps {
  readonly session: Session;
  /** The chosen caller; undefined if the page cannot choose one. */
  readonly caller: Caller | undefined;
  /** Is kept as GraphiQL is. */
  readonly openTabs: RefObject<OpenTabs>;
}

/** What the page does with GraphiQL's own state. Renders nothing. */
export function InsideGraphiql({ session, caller, openTabs }: InsideGraphiqlProps) {
  const tabs = useOpenTabs();
  useEffect(() => {
    openTabs.current = tabs;
  }, [openTabs, tabs]);
  useEffect(() => {
    rememberExampleTabs(session, tabs);
  }, [session]);
  useActiveTabInSight();
  useStopOnLeave();
  useEditorText(caller);
  return null;
}
