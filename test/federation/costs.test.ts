import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type TypeNode,
  valueFromASTUntyped,
} from "graphql";
import { MAX_ITEMS } from "../../src/providers/avibra/benefits.wire";
import { MAX_CANCELLATIONS } from "../../src/providers/delbank/delbank.wire";
import { CANCELLATION_ID, CANCELLED_RECURRENCE_ID, MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { findMutation, MUTATIONS, toDocument } from "../kit/seeds/mutations";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { fillLists } from "./full-lists";

// Routers estimate a request's cost from the schema's @cost and @listSize: they must say what the code does.

const TYPES = parse(readFileSync(join(__dirname, "../../schema/subgraph.graphql"), "utf8")).definitions.filter(
  (definition): definition is ObjectTypeDefinitionNode => definition.kind === Kind.OBJECT_TYPE_DEFINITION,
);
const argumentOf = ({ arguments: args = [] }: ConstDirectiveNode, name: string): unknown => {
  const value = args.find((arg) => arg.name.value === name)?.value;
  return value && valueFromASTUntyped(value);
};
const findDirective = ({ directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] }, name: string) =>
  directives.find((directive) => directive.name.value === name);
const fieldsOf = (type: string) => TYPES.find(({ name }) => name.value === type)?.fields ?? [];
const namedType = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type));
const isListOfObjects = ({ type }: FieldDefinitionNode) =>
  print(type).startsWith("[") && TYPES.some(({ name }) => name.value === namedType(type));
const isObject = ({ type }: FieldDefinitionNode) => TYPES.some(({ name }) => name.value === namedType(type));

const CALLER = { ...PAYER_CLAIMS, scope: `${PAYER_CLAIMS.scope} pix:read:any operations:read:any` };
const ROOTS: Readonly<Record<string, string>> = {
  me: "me { id }",
  user: `user(id: "${MEMBER_ID}") { id }`,
  pixAuthorization: `pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status }`,
  pixCancellation: `pixCancellation(recurrenceId: "${CANCELLED_RECURRENCE_ID}", id: "${CANCELLATION_ID}") { id }`,
  operation: 'operation(id: "00000000-0000-4000-8000-000000000000") { id }',
  operations: "operations { edges { cursor } }",
};

describe("@cost and @listSize of the schema", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());
  beforeEach(() => Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]));

  /** The number of provider calls of a request, without those for an access token. */
  async function countCalls(query: string, variables = {}): Promise<number> {
    const providers = [subgraph.avibra, subgraph.delbank];
    await Promise.all(providers.map((provider) => provider.clearRequests()));
    const { errors } = await subgraph.graphql(query, { variables, claims: CALLER });
    expect(errors).toBeUndefined();
    const requests = (await Promise.all(providers.map((provider) => provider.requests()))).flat();
    return requests.filter(({ path }) => !path.endsWith("/token")).length;
  }
  const marked = (type: string) =>
    fieldsOf(type)
      .filter((field) => findDirective(field, "cost"))
      .map(({ name }) => name.value);

  /** The fields of a type that make a provider call, each selected alone. */
  async function findCalling(type: string, inParent: (selection: string) => string, variables = {}) {
    const base = await countCalls(inParent("__typename"), variables);
    const calling: string[] = [];
    for (const field of fieldsOf(type)) {
      const { value } = field.name;
      const calls = await countCalls(inParent(isObject(field) ? `${value} { __typename }` : value), variables);
      if (calls > base) calling.push(value);
    }
    return calling;
  }

  test("@cost is on a root field and on a member's field exactly if it makes a provider call", async () => {
    const calling = [];
    for (const [name, query] of Object.entries(ROOTS)) if ((await countCalls(`{ ${query} }`)) > 0) calling.push(name);
    expect(Object.keys(ROOTS).sort()).toEqual(
      fieldsOf("Query")
        .map(({ name }) => name.value)
        .sort(),
    );
    expect(marked("Query")).toEqual(expect.arrayContaining(calling));
    expect(marked("Query")).toHaveLength(calling.length);
    expect(marked("User")).toEqual(await findCalling("User", (selection) => `{ me { ${selection} } }`));
  });

  test("@cost is on each mutation, and on an authorization that is read after its cancellation", async () => {
    for (const mutation of MUTATIONS) {
      const variables = { input: { ...mutation.input, idempotencyKey: mutation.name } };
      expect([mutation.name, await countCalls(toDocument(mutation), variables)]).not.toEqual([mutation.name, 0]);
    }
    expect(marked("Mutation")).toEqual(fieldsOf("Mutation").map(({ name }) => name.value));
    const { name, input } = findMutation("cancelPixAuthorization");
    const replay = (selection: string) =>
      `mutation($input: CancelPixAuthorizationInput!) { ${name}(input: $input) { ${selection} } }`;
    const variables = { input: { ...input, idempotencyKey: name } };
    const ofPayload = await findCalling("CancelPixAuthorizationPayload", replay, variables);
    const ofCancellation = await findCalling(
      "PixCancellation",
      (selection) => replay(`pixCancellation { ${selection} }`),
      variables,
    );
    expect([marked("CancelPixAuthorizationPayload"), marked("PixCancellation")]).toEqual([ofPayload, ofCancellation]);
    expect([ofPayload, ofCancellation]).toEqual([["authorization"], ["authorization"]]);
  });

  test("@cost is on no other field", () => {
    const types = TYPES.map(({ name }) => name.value).filter((type) => marked(type).length > 0);
    expect(types.sort()).toEqual(["CancelPixAuthorizationPayload", "Mutation", "PixCancellation", "Query", "User"]);
  });

  test("every list of objects has @listSize, or is the edges of a connection that has it for `first`", () => {
    const sized = new Map<string, unknown>();
    for (const { name, fields = [] } of TYPES) {
      for (const field of fields) {
        const directive = findDirective(field, "listSize");
        if (!directive) continue;
        const sizedFields = argumentOf(directive, "sizedFields") as string[] | undefined;
        if (sizedFields === undefined)
          sized.set(`${name.value}.${field.name.value}`, argumentOf(directive, "assumedSize"));
        else sized.set(`${namedType(field.type)}.${sizedFields.join()}`, argumentOf(directive, "slicingArguments"));
      }
    }
    const lists = TYPES.flatMap(({ name, fields = [] }) =>
      fields.filter(isListOfObjects).map((field) => `${name.value}.${field.name.value}`),
    );
    expect([...sized.keys()].sort()).toEqual(lists.sort());
    expect(Object.fromEntries([...sized].filter(([list]) => !list.endsWith(".userErrors")))).toEqual({
      "PixAuthorization.cancellations": MAX_CANCELLATIONS,
      "User.availableOffers": MAX_ITEMS,
      "User.benefits": MAX_ITEMS,
      "OperationConnection.edges": ["first"],
      "UserEventConnection.edges": ["first"],
    });
  });

  test.each([
    ["as long as @listSize assumes is returned", 0],
    ["one longer is an error", 1],
  ])("a list that is %s", async (_, more) => {
    await fillLists(subgraph, { more });
    const query = `{ me { benefits { id } availableOffers { id } }
      pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { cancellations { reason } } }`;
    const { data, errors } = await subgraph.graphql(query, { claims: PAYER_CLAIMS });
    if (more === 0) {
      const { me, pixAuthorization } = data;
      const lengths = [me.benefits, me.availableOffers, pixAuthorization.cancellations].map(({ length }) => length);
      expect(lengths).toEqual([MAX_ITEMS, MAX_ITEMS, MAX_CANCELLATIONS]);
    } else {
      expect(data).toEqual({ me: { benefits: null, availableOffers: null }, pixAuthorization: null });
      expect(new Set(errors?.map(({ extensions }) => extensions.code)).size).toBe(1);
    }
  });
});
