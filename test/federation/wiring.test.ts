import { getIntrospectionQuery, graphql, GraphQLEnumType, type GraphQLSchema, isObjectType } from "graphql";
import { createSubgraph } from "../../src/app/schema";
import { fixtureSdl } from "./fixtures/fixture-subgraph";
import { compose, COMPOSERS, subgraphs } from "./gateways/compose";

// Each check of the subgraph's wiring runs against a subgraph that is broken in one place, which it must reject.

interface Wiring {
  sdl: string;
  readonly schema: GraphQLSchema;
}

/** Another team's subgraph, which references every entity by its key. */
const REFERENCES = { name: "references", sdl: fixtureSdl("references"), url: "http://references.test/graphql" };

/** The errors of both composers for this subgraph together with the fixtures. */
function compositionErrors({ sdl }: Wiring): string[] {
  return Object.keys(COMPOSERS).flatMap((composer) => {
    try {
      compose(composer, [...subgraphs({}, sdl), REFERENCES]);
      return [];
    } catch (error) {
      return [`${composer}: ${(error as Error).message}`];
    }
  });
}

/** Entities with a key whose representation is returned without a token: no reference resolver ran. */
async function unresolvedEntities({ sdl, schema }: Wiring): Promise<string[]> {
  const keyed = [...sdl.matchAll(/^type (\w+) @key\(fields: "[^"]*"\)/gm)].map(([, type = ""]) => type);
  const results = await Promise.all(
    keyed.map(async (type) => {
      const { errors } = await graphql({
        schema,
        source: `{ _entities(representations: [{ __typename: "${type}" }]) { __typename } }`,
        contextValue: {},
      });
      return errors?.[0]?.message === "A valid bearer token is required." ? [] : [type];
    }),
  );
  return results.flat();
}

/** The errors of a full introspection. */
async function introspectionErrors({ schema }: Wiring): Promise<string[]> {
  const { errors = [] } = await graphql({ schema, source: getIntrospectionQuery() });
  return errors.map(({ message }) => message);
}

function objectType(schema: GraphQLSchema, name: string) {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`the schema has no object type ${name}`);
  return type;
}

/** Gives an argument a default of an enum whose values in the code differ from its names in the schema. */
function giveEnumDefault({ schema }: Wiring): void {
  const status = schema.getType("BenefitStatus") as GraphQLEnumType;
  const values = Object.fromEntries(status.getValues().map(({ name }) => [name, { value: name.toLowerCase() }]));
  const argument = objectType(schema, "User").getFields()["benefits"]?.args[0];
  if (!argument) throw new Error("User.benefits has no argument");
  argument.type = new GraphQLEnumType({ name: status.name, values });
  argument.defaultValue = "ACTIVE";
}

describe("the subgraph", () => {
  let wiring: Wiring;
  beforeEach(async () => {
    wiring = { ...(await createSubgraph()) };
  });
  const change = (from: RegExp | string, to: string) => {
    const changed = wiring.sdl.replace(from, to);
    expect(changed).not.toBe(wiring.sdl);
    wiring.sdl = changed;
  };

  test("as it is has no composition error, unresolved entity or introspection error", async () => {
    expect(compositionErrors(wiring)).toEqual([]);
    expect(await unresolvedEntities(wiring)).toEqual([]);
    expect(await introspectionErrors(wiring)).toEqual([]);
  });

  test("without its @link is rejected by both composers", () => {
    change(/^extend schema @link\([^)]*\)/, "");
    expect(compositionErrors(wiring)).toHaveLength(2);
  });

  test("without one import of its @link is rejected by both composers", () => {
    change(', "@requiresScopes"', "");
    expect(compositionErrors(wiring)).toHaveLength(2);
  });

  test.each(["User", "Benefit", "PixAuthorization", "PixCancellation", "Operation"])(
    "does not resolve %s if its reference resolver is missing",
    async (name) => {
      const type = objectType(wiring.schema, name);
      const { apollo, ...rest } = type.extensions;
      expect(apollo).toBeDefined();
      type.extensions = rest;
      expect(await unresolvedEntities(wiring)).toContain(name);
    },
  );

  test("fails introspection if an enum default has a value other than its name", async () => {
    giveEnumDefault(wiring);
    expect(await introspectionErrors(wiring)).not.toEqual([]);
  });

  const KEYS = [
    ["Benefit", "userId id", "userId name"],
    ["Operation", "id", "kind"],
    ["PixCancellation", "recurrenceId id", "recurrenceId reasonCode"],
    ["PixAuthorization", "recurrenceId", "providerStatus"],
    ["User", "id", "enrollment { status }"],
    ["Offer", "id", "name"],
  ] as const;

  test("has only keys that the cases below break", () => {
    const keys = [...wiring.sdl.matchAll(/^type (\w+) @key\(fields: "([^"]*)"/gm)].map(([, type, key]) => [type, key]);
    expect(keys.sort()).toEqual(KEYS.map(([type, key]) => [type, key]).sort());
  });

  test.each(KEYS)(
    "is rejected by both composers if %s has another key than other subgraphs reference",
    (type, key, other) => {
      change(`type ${type} @key(fields: "${key}"`, `type ${type} @key(fields: "${other}"`);
      expect(compositionErrors(wiring)).toHaveLength(2);
    },
  );

  test("is rejected by both composers if User, to which another subgraph adds a field, has no key", () => {
    change('type User @key(fields: "id")', "type User");
    expect(compositionErrors(wiring)).toHaveLength(2);
  });
});
