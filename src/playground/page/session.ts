import { type Caller } from "./callers";
import { type Example, type Tab, toTabs } from "./example-tabs";
import { type InitialText, openFromLink } from "./open-from-link";
import { type OpenTabs } from "./open-tabs";
import { openStorage, type PageStorage } from "./storage";

/** What GraphiQL begins with. A new ID makes a new GraphiQL. */
export interface Session {
  readonly id: string;
  readonly storage: PageStorage;
  readonly tabs: Tab[];
  /** What the editor contains first, if a link said so. */
  readonly initial?: InitialText;
  /** How many of GraphiQL's first tabs are examples that it opens now; 0 if the storage has tabs, which it opens instead. */
  readonly exampleCount: number;
}

const createId = () => Date.now().toString(36);

export function beginSession(examples: readonly Example[], caller: Caller | undefined): Session {
  const id = createId();
  const storage = openStorage();
  const exampleCount = storage.hasTabs() ? 0 : examples.length;
  return { id, storage, exampleCount, ...openFromLink(examples, toTabs(examples, id, caller)) };
}

const EXAMPLE_TABS_KEY = "playground:exampleTabs";

const readExampleTabs = (storage: PageStorage) =>
  JSON.parse(storage.getItem(EXAMPLE_TABS_KEY) ?? "[]") as readonly string[];

/**
 * Remembers the tabs of the examples by the IDs that GraphiQL gave them when the session began: a tab's title is what its user types. In
 * an old session, only a link can open another example.
 */
export function rememberExampleTabs({ storage, exampleCount, initial }: Session, { tabs, activeTab }: OpenTabs): void {
  const ids =
    exampleCount > 0
      ? tabs.slice(0, exampleCount).map(({ id }) => id)
      : [...readExampleTabs(storage), ...(initial ? [activeTab] : [])];
  storage.setItem(EXAMPLE_TABS_KEY, JSON.stringify(ids));
}

export interface RestoreOptions {
  readonly examples: readonly Example[];
  readonly caller: Caller | undefined;
  readonly openTabs: OpenTabs;
}

/** The examples with their original text and new idempotency keys, and after them the user's own tabs. */
export function restoreExamples({ storage }: Session, { examples, caller, openTabs }: RestoreOptions): Session {
  const exampleTabs = readExampleTabs(storage);
  storage.close();
  storage.forgetTabs();
  const session = beginSession(examples, caller);
  const own = openTabs.tabs
    .filter(({ id }) => !exampleTabs.includes(id))
    .map(({ query, variables = null, headers = null }) => ({ query, variables, headers }));
  return { ...session, tabs: [...session.tabs, ...own] };
}
