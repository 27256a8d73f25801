import { type Caller } from "./callers";
import { type Example, type Tab, toTabs } from "./example-tabs";
import { type InitialText, openFromLink } from "./open-from-link";
import { openStorage, type PageStorage } from "./storage";
import { TAB_PURPOSES } from "./tab-purposes";

/** What GraphiQL begins with. A new ID makes a new GraphiQL. */
export interface Session {
  readonly id: string;
  readonly storage: PageStorage;
  readonly tabs: Tab[];
  /** What the editor contains first, if a link said so. */
  readonly initial?: InitialText;
}

const createId = () => Date.now().toString(36);

/** The tabs are used if the storage has none. */
export function beginSession(examples: readonly Example[], caller: Caller | undefined): Session {
  const id = createId();
  return { id, storage: openStorage(), ...openFromLink(examples, toTabs(examples, id, caller)) };
}

export interface RestoreOptions {
  readonly examples: readonly Example[];
  readonly caller: Caller | undefined;
  readonly openTabs: readonly (Tab & { readonly title: string })[];
}

/** The examples with their original text and new idempotency keys, and after them the tabs that are no examples. */
export function restoreExamples(current: Session, { examples, caller, openTabs }: RestoreOptions): Session {
  current.storage.close();
  const session = beginSession(examples, caller);
  session.storage.forgetTabs();
  const own = openTabs
    .filter(({ title }) => TAB_PURPOSES[title] === undefined)
    .map(({ query, variables = null }) => ({ query, variables }));
  return { ...session, tabs: [...session.tabs, ...own] };
}
