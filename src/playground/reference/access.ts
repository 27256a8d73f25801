import { type ConstDirectiveNode, Kind, parse, valueFromASTUntyped } from "graphql";

/** Access rules of a type (`User`) or a field (`User.benefits`), which only the subgraph's SDL contains. */
export interface Access {
  readonly needsToken: boolean;
  /** The caller needs all scopes of one of these sets; empty if no scope is needed. */
  readonly scopes: readonly (readonly string[])[];
  /** The key fields of the entity. */
  readonly keys: readonly string[];
}

const getArgument = ({ arguments: directiveArguments = [] }: ConstDirectiveNode, name: string): unknown => {
  const found = directiveArguments.find((argument) => argument.name.value === name);
  return found && valueFromASTUntyped(found.value);
};

function toAccess(directives: readonly ConstDirectiveNode[] = []): Access {
  const directivesNamed = (name: string) => directives.filter((directive) => directive.name.value === name);
  return {
    needsToken: directivesNamed("authenticated").length > 0,
    scopes: directivesNamed("requiresScopes").flatMap((directive) => getArgument(directive, "scopes") as string[][]),
    keys: directivesNamed("key").map((directive) => String(getArgument(directive, "fields"))),
  };
}

/** Parses a subgraph's SDL. */
export function readAccess(sdl: string): ReadonlyMap<string, Access> {
  const found = new Map<string, Access>();
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    found.set(definition.name.value, toAccess(definition.directives));
    for (const field of definition.fields ?? []) {
      found.set(`${definition.name.value}.${field.name.value}`, toAccess(field.directives));
    }
  }
  return found;
}
