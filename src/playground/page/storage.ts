type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "clear" | "length">;

/** The page's memory. A store of the browser's, too, where the browser forbids its own. */
function createMemory(): Store {
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

/** Touching a store throws where the browser's settings forbid it. */
function openOr(memory: Store, open: () => Store): Store {
  try {
    return open();
  } catch {
    return memory;
  }
}

const LOOKS = /^graphiql:(theme|visiblePlugin|\w+Flex)$/;
const HOLDS_HEADERS = /^graphiql:(headers|queries|favorites)$/;

/**
 * What GraphiQL remembers, and for how long. Looks stay. Tabs last as long as the browser's tab: a reload keeps the work
 * and a new visit begins with the examples. The history records headers, and so the token: it goes with the page.
 */
export function createStorage(): Store {
  const memory = createMemory();
  const session = openOr(memory, () => window.sessionStorage);
  const local = openOr(memory, () => window.localStorage);
  const storeOf = (key: string) => {
    if (HOLDS_HEADERS.test(key)) return memory;
    return LOOKS.test(key) ? local : session;
  };
  const stores = [memory, session, local];
  return {
    getItem: (key) => storeOf(key).getItem(key),
    setItem: (key, value) => {
      storeOf(key).setItem(key, value);
    },
    removeItem: (key) => {
      storeOf(key).removeItem(key);
    },
    clear: () => {
      for (const store of stores) store.clear();
    },
    get length() {
      return stores.reduce((sum, store) => sum + store.length, 0);
    },
  };
}
