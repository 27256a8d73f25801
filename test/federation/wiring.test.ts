import { getIntrospectionQuery, graphql, GraphQLEnumType, type GraphQLSchema, isObjectType } from "graphql";
import { createSubgraph } from "../../src/app/schema";
import { fixtureSdl } from "./fixtures/fixture-subgraph";
import { compose, COMPOSERS, subgraphs } from "./gateways/compose";

// Each check that guards the wiring is shown a subgraph that is broken in one place: a check that accepts it guards nothing.

interface Wiring {
  sdl: string;
  readonly schema: GraphQLSchema;
}

/** A team that refers to every entity of ours by its key. */
const REFERENCES = { name: "references", sdl: fixtureSdl("references"), url: "http://references.test/graphql" };

/** What each composer objects to, together with the fixtures. */
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

/** Entities that others may reference and of which a representation comes back without anybody having asked for a token: nothing of ours resolved it. */
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

/** What keeps a playground or a router from reading the whole schema. */
async function introspectionErrors({ schema }: Wiring): Promise<string[]> {
  const { errors = [] } = await graphql({ schema, source: getIntrospectionQuery() });
  return errors.map(({ message }) => message);
}

function objectType(schema: GraphQLSchema, name: string) {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`the schema has no object type ${name}`);
  return type;
}

/** The enum's values are other in the code than in the schema, and one of them is an argument's default. */
function giveEnumDefault({ schema }: Wiring): void {
  const status = schema.getType("BenefitStatus") as GraphQLEnumType;
  const values = Object.fromEntries(status.getValues().map(({ name }) => [name, { value: name.toLowerCase() }]));
  const argument = objectType(schema, "User").getFields()["benefits"]?.args[0];
  if (!argument) throw new Error("User.benefits has no argument");
  argument.type = new GraphQLEnumType({ name: status.name, values });
  argument.defaultValue = "ACTIVE";
}

describe("the wiring", () => {
  let wiring: Wiring;
  beforeEach(async () => {
    wiring = { ...(await createSubgraph()) };
  });
  const change = (from: RegExp | string, to: string) => {
    const changed = wiring.sdl.replace(from, to);
    expect(changed).not.toBe(wiring.sdl);
    wiring.sdl = changed;
  };

  test("as it is, nothing objects", async () => {
    expect(compositionErrors(wiring)).toEqual([]);
    expect(await unresolvedEntities(wiring)).toEqual([]);
    expect(await introspectionErrors(wiring)).toEqual([]);
  });

  test("without its @link, both composers refuse", () => {
    change(/^extend schema @link\([^)]*\)/, "");
    expect(compositionErrors(wiring)).toHaveLength(2);
  });

  test("without one import of its @link, both composers refuse", () => {
    change(', "@requiresScopes"', "");
    expect(compositionErrors(wiring)).toHaveLength(2);
  });

  test.each(["User", "Benefit", "PixAuthorization", "PixCancellation", "Operation"])(
    "without its reference resolver, %s is not resolved",
    async (name) => {
      const type = objectType(wiring.schema, name);
      const { apollo, ...rest } = type.extensions;
      expect(apollo).toBeDefined();
      type.extensions = rest;
      expect(await unresolvedEntities(wiring)).toContain(name);
    },
  );

  test("an enum default that is another value than its name breaks introspection", async () => {
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

  test("every key of the schema is one of those that are broken below", () => {
    const keys = [...wiring.sdl.matchAll(/^type (\w+) @key\(fields: "([^"]*)"/gm)].map(([, type, key]) => [type, key]);
    expect(keys.sort()).toEqual(KEYS.map(([type, key]) => [type, key]).sort());
  });

  test.each(KEYS)(
    "with a key other than its own, %s fits no other team's, and both composers refuse",
    (type, key, other) => {
      change(`type ${type} @key(fields: "${key}"`, `type ${type} @key(fields: "${other}"`);
      expect(compositionErrors(wiring)).toHaveLength(2);
    },
  );

  test("without its key, an entity is nobody else's to add to, and both composers refuse", () => {
    change('type User @key(fields: "id")', "type User");
    expect(compositionErrors(wiring)).toHaveLength(2);
  });
});
