import { useGraphiQL } from "@graphiql/react";
import { type RefObject, useEffect } from "react";
import { type Caller } from "./callers";
import { createHint, findStaleCallerComment, type Tab } from "./example-tabs";

/** The ID of the open tab. */
export const useActiveTab = () => useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id ?? "");

/** What is in GraphiQL now, for the parts of the page outside it. */
export interface OpenTabs {
  readonly activeTab: string;
  readonly tabs: readonly (Tab & { readonly title: string })[];
}

export interface EditorTextProps {
  /** The chosen caller; undefined if the page cannot choose one. */
  readonly caller: Caller | undefined;
  readonly openTabs: RefObject<OpenTabs>;
}

/** Keeps the text of the open tab: its comment names the chosen caller, and a new tab begins with a hint. Its tab is in sight. Renders nothing. */
export function EditorText({ caller, openTabs }: EditorTextProps) {
  const activeTab = useActiveTab();
  const { queryEditor, tabs, isNew } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    tabs: state.tabs,
    isNew: state.tabs[state.activeTabIndex]?.query === null,
  }));
  useEffect(() => {
    openTabs.current = { activeTab, tabs };
  }, [openTabs, activeTab, tabs]);
  useEffect(() => {
    document.querySelector(".graphiql-tab-active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [activeTab]);
  useEffect(() => {
    if (!queryEditor) return;
    const text = queryEditor.getValue();
    if (isNew && text === "") {
      queryEditor.setValue(createHint(caller));
      return;
    }
    const stale = caller && findStaleCallerComment(text, caller);
    if (!stale) return;
    const range = { startLineNumber: 1, startColumn: 1, endLineNumber: stale.endLine, endColumn: 1 };
    queryEditor.executeEdits("caller", [{ range, text: stale.comment }]);
  }, [queryEditor, activeTab, caller]);
  return null;
}
