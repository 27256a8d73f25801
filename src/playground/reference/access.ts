import { type ConstDirectiveNode, Kind, parse, valueFromASTUntyped } from "graphql";

/** What the subgraph's SDL says of a type (`User`) or a field (`User.benefits`), and the clients' schema does not. */
export interface Access {
  readonly needsToken: boolean;
  /** One of these sets of scopes is needed; empty where none is. */
  readonly scopes: readonly (readonly string[])[];
  /** The fields by which a router finds the entity. */
  readonly keys: readonly string[];
}

const valueOf = ({ arguments: given = [] }: ConstDirectiveNode, name: string): unknown => {
  const found = given.find((argument) => argument.name.value === name);
  return found && valueFromASTUntyped(found.value);
};

function accessOf(directives: readonly ConstDirectiveNode[] = []): Access {
  const named = (name: string) => directives.filter((directive) => directive.name.value === name);
  return {
    needsToken: named("authenticated").length > 0,
    scopes: named("requiresScopes").flatMap((directive) => valueOf(directive, "scopes") as string[][]),
    keys: named("key").map((directive) => String(valueOf(directive, "fields"))),
  };
}

/** Reads a subgraph's SDL. */
export function readAccess(sdl: string): ReadonlyMap<string, Access> {
  const found = new Map<string, Access>();
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    found.set(definition.name.value, accessOf(definition.directives));
    for (const field of definition.fields ?? []) {
      found.set(`${definition.name.value}.${field.name.value}`, accessOf(field.directives));
    }
  }
  return found;
}
