import { type ConstDirectiveNode, Kind, parse, valueFromASTUntyped } from "graphql";

/** What only the subgraph's SDL says about a type (`User`) or a field (`User.benefits`). */
export interface Access {
  readonly needsToken: boolean;
  /** One of these sets of scopes is required; empty if none is. */
  readonly scopes: readonly (readonly string[])[];
  /** The fields by which a router finds the entity. */
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

/** Reads a subgraph's SDL. */
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
