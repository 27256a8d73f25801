import { useGraphiQL } from "@graphiql/react";
import { type Tab } from "./example-tabs";

/** What is in GraphiQL now, for the parts of the page outside it. */
export interface OpenTabs {
  /** The ID of the open tab. */
  readonly activeTab: string;
  readonly tabs: readonly (Tab & { readonly id: string })[];
}

export function useOpenTabs(): OpenTabs {
  return useGraphiQL(({ tabs, activeTabIndex }) => ({ tabs, activeTab: tabs[activeTabIndex]?.id ?? "" }));
}
