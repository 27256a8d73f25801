import { buildSchema, findBreakingChanges, parse, print, visit } from "graphql";

export interface CommittedSchema {
  /** schema/api.graphql: what clients see. */
  readonly api: string;
  /** schema/subgraph.graphql: what routers compose. */
  readonly subgraph: string;
}

/** Directives that others build on: a router resolves entities by @key, another subgraph defines what is @shareable. */
const PROVIDED_DIRECTIVES = ["key", "shareable"];
/** Directives that ask something of the caller. */
const REQUIRED_DIRECTIVES = ["authenticated", "requiresScopes"];

/** By type (`User`) and field (`Query.me`): the directives that it carries, as they are written. */
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

/** What carries one of these directives in `one` and, being there as well, does not in `other`. */
function findMissing(directives: readonly string[], one: Directives, other: Directives): string[] {
  return [...one].flatMap(([coordinate, carried]) => {
    const others = other.get(coordinate)?.map(({ text }) => text);
    if (others === undefined) return [];
    const missingDirectives = carried.filter(({ name, text }) => directives.includes(name) && !others.includes(text));
    return missingDirectives.map(({ text }) => `${coordinate} ${text}`);
  });
}

/** What of `after` breaks somebody who relies on `before`: a client, a router, another subgraph. One sentence each. */
export function breakingChanges(before: CommittedSchema, after: CommittedSchema): string[] {
  const clientChanges = findBreakingChanges(buildSchema(before.api), buildSchema(after.api));
  const [was, is] = [collectDirectives(before.subgraph), collectDirectives(after.subgraph)];
  return [
    ...clientChanges.map(({ description }) => description),
    ...findMissing(PROVIDED_DIRECTIVES, was, is).map((use) => `${use} was removed.`),
    ...findMissing(REQUIRED_DIRECTIVES, is, was).map((use) => `${use} was added.`),
  ];
}
