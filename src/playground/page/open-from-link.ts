import { type Example, type Tab } from "./example-tabs";

export interface InitialText {
  readonly initialQuery: string;
  readonly initialVariables: string;
}

/** The tabs of a new session, and what the editor contains first. */
interface OpenedTabs {
  readonly tabs: Tab[];
  readonly initial?: InitialText;
}

/**
 * Follows a link such as `/#example=change-offer`: that example is in the editor, and nothing is sent before the user executes it. Its tab
 * is the first, because GraphiQL opens a new session on its first tab. A link is followed once: a reload keeps what the user has typed.
 */
export function openFromLink(examples: readonly Example[], tabs: Tab[]): OpenedTabs {
  const name = new URLSearchParams(location.hash.slice(1)).get("example");
  const linked = tabs[examples.findIndex((example) => example.name === name)];
  if (!linked) return { tabs };
  history.replaceState(null, "", location.pathname);
  return {
    tabs: [linked, ...tabs.filter((tab) => tab !== linked)],
    initial: { initialQuery: linked.query ?? "", initialVariables: linked.variables ?? "" },
  };
}
