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

/**
 * The lifetime of GraphiQL's settings. The theme and the layout are permanent. Tabs last as long as the browser's tab: they survive
 * a reload, and a new visit begins with the examples. The history contains headers and so the token, and ends with the page.
 */
export function createStorage(): Store {
  const memory = createMemoryStore();
  const session = openOrFallback(memory, () => window.sessionStorage);
  const local = openOrFallback(memory, () => window.localStorage);
  const selectStore = (key: string) => {
    if (SENSITIVE_KEYS.test(key)) return memory;
    return APPEARANCE_KEYS.test(key) ? local : session;
  };
  const stores = [memory, session, local];
  return {
    getItem: (key) => selectStore(key).getItem(key),
    setItem: (key, value) => {
      selectStore(key).setItem(key, value);
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
  };
}
