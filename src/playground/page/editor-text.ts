import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";
import { useActiveTab } from "./active-tab";
import { type Caller } from "./callers";
import { createHint, findStaleCallerComment } from "./example-tabs";

/** Keeps the comment of the open tab, which names the chosen caller, and begins a new tab with a hint. `caller` is undefined if the page cannot choose one. */
export function useEditorText(caller: Caller | undefined): void {
  const activeTab = useActiveTab();
  const { queryEditor, isNew } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    isNew: state.tabs[state.activeTabIndex]?.query === null,
  }));
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
}
