import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  print,
  visit,
} from "graphql";

/** The schema that clients see, from a subgraph's SDL: without directives and without the link to federation. */
export function clientSchema(sdl: string): string {
  const clientVisible = visit(parse(sdl), {
    Directive: () => null,
    DirectiveDefinition: () => null,
    SchemaExtension: () => null,
  });
  return print(clientVisible);
}

/** Every type, field, argument, input field and enum value of a schema, by its path (`User.benefits`). */
function collectElements(sdl: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const type of Object.values(buildSchema(sdl).getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    found.set(type.name, "type");
    if (isEnumType(type)) for (const { name } of type.getValues()) found.set(`${type.name}.${name}`, "value");
    if (isInputObjectType(type))
      for (const name of Object.keys(type.getFields())) found.set(`${type.name}.${name}`, "field");
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      found.set(`${type.name}.${field.name}`, "field");
      for (const { name } of field.args) found.set(`${type.name}.${field.name}(${name}:)`, "argument");
    }
  }
  return found;
}

/** Additions in `after`. A new type is listed without its fields, and a new field without its arguments. */
export function additions(before: string, after: string): string[] {
  const [was, is] = [collectElements(clientSchema(before)), collectElements(clientSchema(after))];
  return [...is]
    .filter(([path]) => !was.has(path))
    .filter(([path]) =>
      [path.replace(/\..*/, ""), path.replace(/\(.*/, "")].every((outer) => outer === path || was.has(outer)),
    )
    .map(([path, kind]) => `Added the ${kind} \`${path}\`.`);
}
