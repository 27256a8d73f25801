type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "clear" | "length">;

/** Storage in the page's memory, used if the browser forbids its own. */
function createMemoryStore(): Store {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => {
      items.clear();
    },
    get length() {
      return items.size;
    },
  };
}

/** Access to a storage throws if the browser's settings forbid it. */
function openOrFallback(memory: Store, openStore: () => Store): Store {
  try {
    return openStore();
  } catch {
    return memory;
  }
}

const APPEARANCE_KEYS = /^graphiql:(theme|visiblePlugin|\w+Flex)$/;
const SENSITIVE_KEYS = /^graphiql:(headers|queries|favorites)$/;

const TABS_KEY = "graphiql:tabState";
const OPEN_TAB_KEYS = { "graphiql:query": "query", "graphiql:variables": "variables" } as const;
const isOpenTabKey = (key: string): key is keyof typeof OPEN_TAB_KEYS => key in OPEN_TAB_KEYS;

interface StoredTabs {
  readonly activeTabIndex: number;
  readonly tabs: readonly { readonly query: string | null; readonly variables: string | null }[];
}

/**
 * GraphiQL stores the text of the open tab twice, a moment apart: with the tabs, and by itself. If the texts differ, because the
 * page was reloaded in between, it adds a tab. So only the one of the tabs is read.
 */
function readOpenTab(session: Store) {
  const stored = session.getItem(TABS_KEY);
  if (stored === null) return undefined;
  const { tabs, activeTabIndex } = JSON.parse(stored) as StoredTabs;
  return tabs[activeTabIndex];
}

const memory = createMemoryStore();

export interface PageStorage extends Store {
  readonly hasTabs: () => boolean;
  /** Removes the tabs, so that GraphiQL begins with those that it is given. */
  readonly forgetTabs: () => void;
  /** Ignores everything that is stored from now on: GraphiQL writes half a second after a change, even when it is gone. */
  readonly close: () => void;
}

/**
 * The lifetime of the page's settings. The theme and the layout are permanent. Tabs and the caller last as long as the browser's tab:
 * they survive a reload, and a new session begins with the examples. The history contains headers and so the token, and ends with the
 * page.
 */
export function openStorage(): PageStorage {
  let isOpen = true;
  const session = openOrFallback(memory, () => window.sessionStorage);
  const local = openOrFallback(memory, () => window.localStorage);
  const selectStore = (key: string) => {
    if (SENSITIVE_KEYS.test(key)) return memory;
    return APPEARANCE_KEYS.test(key) ? local : session;
  };
  const stores = [memory, session, local];
  return {
    getItem(key) {
      const openTab = isOpenTabKey(key) && readOpenTab(session);
      return openTab ? openTab[OPEN_TAB_KEYS[key]] : selectStore(key).getItem(key);
    },
    setItem: (key, value) => {
      if (isOpen) selectStore(key).setItem(key, value);
    },
    removeItem: (key) => {
      selectStore(key).removeItem(key);
    },
    clear: () => {
      for (const store of stores) store.clear();
    },
    get length() {
      return stores.reduce((sum, store) => sum + store.length, 0);
    },
    hasTabs: () => session.getItem(TABS_KEY) !== null,
    forgetTabs() {
      for (const key of [TABS_KEY, ...Object.keys(OPEN_TAB_KEYS)]) session.removeItem(key);
    },
    close() {
      isOpen = false;
    },
  };
}
