/** The parts of an introspection result that this file reads. */
interface Introspection {
  readonly __schema: {
    readonly queryType: { readonly name: string };
    readonly types: readonly { readonly name: string; readonly fields?: readonly { readonly name: string }[] | null }[];
    readonly directives: readonly { readonly name: string }[];
  };
}

/** `_entities` and `_Any`, but not `__Schema`. */
const FOR_ROUTERS = /^_[^_]|^(?:federation|link)(?:__|$)/;
const FOR_ROUTERS_DIRECTIVES = /^(?:link|key|shareable|authenticated|requiresScopes|tag|cost|listSize|federation__.*)$/;

/** An introspection result without what only routers use, so that neither the explorer nor the documentation offers it. */
export function hideFederation<Body>(body: Body): Body {
  const { data } = body as { readonly data?: Introspection | null };
  const schema = data?.__schema;
  if (!schema) return body;
  const types = schema.types
    .filter(({ name }) => !FOR_ROUTERS.test(name))
    .map((type) =>
      type.name === schema.queryType.name
        ? { ...type, fields: type.fields?.filter(({ name }) => !FOR_ROUTERS.test(name)) }
        : type,
    );
  const directives = schema.directives.filter(({ name }) => !FOR_ROUTERS_DIRECTIVES.test(name));
  return { ...body, data: { ...data, __schema: { ...schema, types, directives } } };
}
