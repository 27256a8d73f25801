import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useLayoutEffect } from "react";

/** The ID of the open tab. */
export const useActiveTab = () => useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id ?? "");

/** Scrolls the open tab into sight. */
export function useActiveTabInSight(): void {
  const activeTab = useActiveTab();
  useEffect(() => {
    document.querySelector(".graphiql-tab-active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [activeTab]);
}

/** Stops what a tab runs when it is left. GraphiQL does not when a new tab is added, or when GraphiQL itself is replaced. */
export function useStopOnLeave(): void {
  const activeTab = useActiveTab();
  const actions = useGraphiQLActions();
  useLayoutEffect(
    () => () => {
      actions.stop();
    },
    [actions, activeTab],
  );
}
