import { buildSchema, findBreakingChanges, parse, print, visit } from "graphql";

export interface CommittedSchema {
  /** schema/api.graphql: what clients see. */
  readonly api: string;
  /** schema/subgraph.graphql: what routers compose. */
  readonly subgraph: string;
}

/** Directives that others rely on: a router resolves entities by @key, another subgraph defines @shareable fields. */
const PROVIDED_DIRECTIVES = ["key", "shareable"];
/** Directives that restrict access. */
const REQUIRED_DIRECTIVES = ["authenticated", "requiresScopes"];

/** The directives of each type (`User`) and field (`Query.me`), as text. */
function collectDirectives(sdl: string): Map<string, { name: string; text: string }[]> {
  const found = new Map<string, { name: string; text: string }[]>();
  const path: string[] = [];
  const step = {
    enter(node: { name: { value: string } }) {
      path.push(node.name.value);
      found.set(path.join("."), found.get(path.join(".")) ?? []);
    },
    leave: () => void path.pop(),
  };
  visit(parse(sdl), {
    ObjectTypeDefinition: step,
    InterfaceTypeDefinition: step,
    FieldDefinition: step,
    Directive(node) {
      found.get(path.join("."))?.push({ name: node.name.value, text: print(node) });
    },
  });
  return found;
}

type Directives = ReturnType<typeof collectDirectives>;

/** Types and fields that exist in both, and have one of these directives only in `one`. */
function findMissing(directives: readonly string[], one: Directives, other: Directives): string[] {
  return [...one].flatMap(([coordinate, carried]) => {
    const others = other.get(coordinate)?.map(({ text }) => text);
    if (others === undefined) return [];
    const missingDirectives = carried.filter(({ name, text }) => directives.includes(name) && !others.includes(text));
    return missingDirectives.map(({ text }) => `${coordinate} ${text}`);
  });
}

/** The changes of `after` that break a client, a router or another subgraph of `before`, one sentence each. */
export function breakingChanges(before: CommittedSchema, after: CommittedSchema): string[] {
  const clientChanges = findBreakingChanges(buildSchema(before.api), buildSchema(after.api));
  const [was, is] = [collectDirectives(before.subgraph), collectDirectives(after.subgraph)];
  return [
    ...clientChanges.map(({ description }) => description),
    ...findMissing(PROVIDED_DIRECTIVES, was, is).map((use) => `${use} was removed.`),
    ...findMissing(REQUIRED_DIRECTIVES, is, was).map((use) => `${use} was added.`),
  ];
}
