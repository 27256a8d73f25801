import { type Event, type History } from "./histories-events";

export type EventOf<Type extends Event["type"]> = Extract<Event, { type: Type }>;
/** The events of one type, in order. */
export function all<Type extends Event["type"]>({ events }: History, type: Type): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): [key: string, items: Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups];
}

/** The round in which a key or a subject was first asked for. */
export function roundOf(history: History, name: string): number {
  const first = all(history, "invoke").find(({ key, effect }) => key === name || effect.subject === name);
  return first?.round ?? -1;
}

/** Every round in which something happened to a subject. */
export function roundsOf(history: History, subject: string): number[] {
  const isAbout = (event: Event) =>
    ("effect" in event ? event.effect.subject : "subject" in event && event.subject) === subject;
  return history.events.filter(isAbout).map(({ round }) => round);
}
