import { type ConstDirectiveNode, type GraphQLSchema, isObjectType, Kind, parse, valueFromASTUntyped } from "graphql";
import { createSubgraph } from "../../src/app/schema";
import { toDocument, MUTATIONS } from "../kit/seeds/mutations";
import { MEMBER_ID, PAYER_TAX_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

// The router enforces the schema's directives, this subgraph enforces the code's rules: they must be the same.

/** Coordinates (`Type` or `Type.field`) with their directive's arguments. */
function coordinatesWith(sdl: string, directive: string): Map<string, Record<string, unknown>> {
  const found = new Map<string, Record<string, unknown>>();
  const note = (coordinate: string, directives: readonly ConstDirectiveNode[] = []) => {
    const one = directives.find(({ name }) => name.value === directive);
    const values = one?.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)] as const);
    if (one) found.set(coordinate, Object.fromEntries(values ?? []));
  };
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    note(definition.name.value, definition.directives);
    for (const field of definition.fields ?? []) {
      note(`${definition.name.value}.${field.name.value}`, field.directives);
    }
  }
  return found;
}

/** A key for each entity. Without a token, it does not matter whose entity it is. */
const KEYS: Readonly<Record<string, string>> = {
  User: 'id: "u-1001"',
  Benefit: 'userId: "u-1001", id: "acc-ins"',
  PixAuthorization: 'recurrenceId: "RR0435879820240605njua7shf40o"',
  PixCancellation: 'recurrenceId: "RR3822485720260110cancelled01", id: "IC0435879820240605bcdb1fhn43a"',
  Operation: 'id: "00000000-0000-4000-8000-000000000000"',
};
const ROOTS: Readonly<Record<string, string>> = {
  me: "{ me { id } }",
  user: '{ user(id: "u-1001") { id } }',
  pixAuthorization: '{ pixAuthorization(recurrenceId: "RR0435879820240605njua7shf40o") { status } }',
  pixCancellation:
    '{ pixCancellation(recurrenceId: "RR3822485720260110cancelled01", id: "IC0435879820240605bcdb1fhn43a") { id } }',
  operation: '{ operation(id: "00000000-0000-4000-8000-000000000000") { id } }',
  operations: "{ operations(first: 1) { edges { node { id } } } }",
};
const selected = (name: string) => (name === "id" ? "id" : `${name} { __typename }`);

describe("the schema's directives and the code say the same", () => {
  let subgraph: TestSubgraph;
  let sdl: string;
  let apiSchema: GraphQLSchema;
  beforeAll(async () => {
    [subgraph, { sdl, apiSchema }] = await Promise.all([startSubgraph(), createSubgraph()]);
  });
  afterAll(() => subgraph.stop());

  async function codesOf(query: string, claims: Readonly<Record<string, string>> | null, variables = {}) {
    const { errors } = await subgraph.graphql(query, { claims, variables });
    return [...new Set(errors?.map(({ extensions }) => extensions.code))];
  }
  const reference = (type: string, fields: string) =>
    `{ _entities(representations: [{ __typename: "${type}", ${KEYS[type]} }]) { ... on ${type} { ${fields} } } }`;
  const fieldsOf = (type: string) => {
    const found = apiSchema.getType(type);
    return isObjectType(found) ? Object.keys(found.getFields()) : [];
  };

  test("@authenticated is on a root field exactly if the code requires a token", async () => {
    const marked = coordinatesWith(sdl, "authenticated");
    for (const name of fieldsOf("Query")) {
      const isRefused = (await codesOf(ROOTS[name] ?? "", null)).includes("UNAUTHENTICATED");
      expect([name, marked.has(`Query.${name}`)]).toEqual([name, isRefused]);
    }
    for (const mutation of MUTATIONS) {
      const variables = { input: { ...mutation.input, idempotencyKey: "directives" } };
      const isRefused = (await codesOf(toDocument(mutation), null, variables)).includes("UNAUTHENTICATED");
      expect([mutation.name, marked.has(`Mutation.${mutation.name}`)]).toEqual([mutation.name, isRefused]);
    }
    expect(fieldsOf("Mutation").sort()).toEqual(MUTATIONS.map(({ name }) => name).sort());
  });

  test("@authenticated is on each entity whose reference requires a token; of User, on this subgraph's fields", async () => {
    const marked = coordinatesWith(sdl, "authenticated");
    for (const type of Object.keys(KEYS)) {
      const isRefused = (await codesOf(reference(type, "__typename"), null)).includes("UNAUTHENTICATED");
      expect([type, isRefused]).toEqual([type, true]);
    }
    for (const name of fieldsOf("User")) {
      const isRefused = (await codesOf(reference("User", selected(name)), null)).includes("UNAUTHENTICATED");
      expect([name, isRefused]).toEqual([name, true]);
    }
    // Other subgraphs have fields of User too. On the type, the directive would also apply to those, and on its key, to their
    // references: each of them decides whether it requires a token.
    const types = Object.keys(KEYS).filter((type) => type !== "User");
    expect(types.filter((type) => !marked.has(type))).toEqual([]);
    expect(marked.has("User")).toBe(false);
    const unmarked = fieldsOf("User").filter((name) => !marked.has(`User.${name}`));
    expect(unmarked).toEqual(["id"]);
  });

  test("@requiresScopes is on a root field exactly if the code requires a scope, and names the accepted scopes", async () => {
    const marked = coordinatesWith(sdl, "requiresScopes");
    expect([...marked.keys()]).toEqual(["Query.operations", "Mutation.cancelPixAuthorization"]);
    for (const name of fieldsOf("Query")) {
      const forbidden = async (scope: string) =>
        (await codesOf(ROOTS[name] ?? "", { sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope })).includes("FORBIDDEN");
      const scopes = marked.get(`Query.${name}`)?.["scopes"] as string[][] | undefined;
      expect([name, await forbidden("openid")]).toEqual([name, scopes !== undefined]);
      for (const alternative of scopes ?? []) expect(await forbidden(alternative.join(" "))).toBe(false);
    }
    for (const mutation of MUTATIONS) {
      const forbidden = async (scope: string) => {
        const own = { sub: (mutation.input["userId"] as string | undefined) ?? MEMBER_ID, tax_id: PAYER_TAX_ID, scope };
        const variables = { input: { ...mutation.input, idempotencyKey: `scopes-${scope}` } };
        return (await codesOf(toDocument(mutation), own, variables)).includes("FORBIDDEN");
      };
      const scopes = marked.get(`Mutation.${mutation.name}`)?.["scopes"] as string[][] | undefined;
      expect([mutation.name, await forbidden("openid")]).toEqual([mutation.name, scopes !== undefined]);
      for (const alternative of scopes ?? []) expect(await forbidden(alternative.join(" "))).toBe(false);
    }
  });
});
