import { isObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import { createSubgraph } from "../../src/app/schema";
import { toDocument, findMutation } from "../kit/seeds/mutations";
import {
  CANCELLATION_ID,
  CANCELLED_MEMBER_ID,
  CANCELLED_RECURRENCE_ID,
  MEMBER_ID,
  OTHER_TAX_ID,
  PAYER_TAX_ID,
  RECURRENCE_ID,
} from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { postWebhook } from "../kit/http/webhooks";
import { type Claims } from "../kit/tokens/claims";

const OWN: Claims = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID };
/** Another member, with every scope except those to read other members. */
const OTHER: Claims = { sub: "u-1002", tax_id: "01234567000195", scope: "pix:cancel users:write:any pii:read openid" };
const STAFF: Claims = { sub: "staff-1", scope: "users:read:any pix:read:any" };

const CANCELLED_OWN: Claims = { sub: CANCELLED_MEMBER_ID, tax_id: OTHER_TAX_ID };

interface Ids {
  readonly user: string;
  readonly recurrence: string;
  readonly cancelled: string;
  readonly cancellation: string;
  readonly operation: string;
}

/** Well-formed IDs that do not exist. */
const UNKNOWN: Ids = {
  user: "u-9999",
  recurrence: "RR0435879820240605unknown0001",
  cancelled: "RR3822485720260110unknown0001",
  cancellation: "IC0435879820240605unknown0001",
  operation: "00000000-0000-4000-8000-000000000000",
};

interface Read {
  readonly what: string;
  readonly query: (ids: Ids) => string;
  /** The owner, if it is not the member u-1001. */
  readonly own?: Claims;
  /** A text that only the real data contains. */
  readonly real: string;
}

const entity = (representation: string, type: string, fields: string) =>
  `{ _entities(representations: [{ __typename: "${type}", ${representation} }]) { ... on ${type} { ${fields} } } }`;
const OPERATION = "id kind userId recurrenceId pixCancellation { id }"; // not `idempotencyKey`, which only its caller reads: store-reads.test.ts
const AUTHORIZATION =
  "recurrenceId status payer { document name } beneficiary { name } cancellations { id authorization { status } }";

/** Every way to data: root fields, references, and the fields of a user. */
const READS: readonly Read[] = [
  ...[
    ["benefits", "benefits { id name }", "acc-ins"],
    ["currentOffer", "currentOffer { offer { id } status }", "plus"],
    ["availableOffers", "availableOffers { id name }", "premium"],
    ["enrollment", "enrollment { status source }", "REQUESTED"],
    [
      "operations",
      `operations(first: 5) { edges { cursor node { ${OPERATION} } } pageInfo { hasNextPage } }`,
      MEMBER_ID,
    ],
    ["events", "events(first: 5) { edges { cursor node { id kind } } }", "ENROLLMENT_REQUEST_RECEIVED"],
  ].flatMap(([name = "", fields = "", real = ""]) => [
    { what: `user(id).${name}`, query: ({ user }: Ids) => `{ user(id: "${user}") { ${fields} } }`, real },
    { what: `User reference, ${name}`, query: ({ user }: Ids) => entity(`id: "${user}"`, "User", fields), real },
  ]),
  {
    what: "Benefit reference",
    query: ({ user }) => entity(`userId: "${user}", id: "acc-ins"`, "Benefit", "id name status"),
    real: "acc-ins",
  },
  {
    what: "pixAuthorization",
    query: ({ recurrence }) => `{ pixAuthorization(recurrenceId: "${recurrence}") { ${AUTHORIZATION} } }`,
    real: RECURRENCE_ID,
  },
  {
    what: "PixAuthorization reference",
    query: ({ recurrence }) => entity(`recurrenceId: "${recurrence}"`, "PixAuthorization", AUTHORIZATION),
    real: RECURRENCE_ID,
  },
  {
    what: "pixCancellation",
    query: ({ cancelled, cancellation }) =>
      `{ pixCancellation(recurrenceId: "${cancelled}", id: "${cancellation}") { id authorization { ${AUTHORIZATION} } } }`,
    own: CANCELLED_OWN,
    real: CANCELLATION_ID,
  },
  {
    what: "PixCancellation reference",
    query: ({ cancelled, cancellation }) =>
      entity(`recurrenceId: "${cancelled}", id: "${cancellation}"`, "PixCancellation", "id requesterDocument reason"),
    own: CANCELLED_OWN,
    real: CANCELLATION_ID,
  },
  {
    what: "operation",
    query: ({ operation }) => `{ operation(id: "${operation}") { ${OPERATION} } }`,
    real: MEMBER_ID,
  },
  {
    what: "Operation reference",
    query: ({ operation }) => entity(`id: "${operation}"`, "Operation", OPERATION),
    real: MEMBER_ID,
  },
];

describe("read access:", () => {
  let subgraph: TestSubgraph;
  let ids: Ids;
  beforeAll(async () => {
    subgraph = await startSubgraph();
    const prefill = findMutation("prefillUser");
    const input = { idempotencyKey: "access", userId: MEMBER_ID };
    await subgraph.avibra.addFault({
      match: { path: prefill.path },
      kind: "wrongShape",
      status: 200,
      body: '"Successful"',
    });
    const { data } = await subgraph.graphql(toDocument(prefill), { variables: { input }, claims: OWN });
    const operation = data.prefillUser.operation.id as string;
    await postWebhook(subgraph.url, { eventname: "enrollment_request_received", userid: MEMBER_ID });
    ids = {
      user: MEMBER_ID,
      recurrence: RECURRENCE_ID,
      cancelled: CANCELLED_RECURRENCE_ID,
      cancellation: CANCELLATION_ID,
      operation,
    };
  });
  afterAll(() => subgraph.stop());

  const send = ({ query }: Read, of: Ids, claims: Claims | null) => subgraph.graphql(query(of), { claims });
  const providerCalls = async () => [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())];

  test.each(READS)("$what returns the data to its owner", async (read) => {
    const response = await send(read, ids, read.own ?? OWN);
    expect(response.errors).toBeUndefined();
    expect(JSON.stringify(response.data)).toContain(read.real);
  });

  test.each(READS)("$what returns the same to staff with the scope", async (read) => {
    expect(await send(read, ids, STAFF)).toEqual(await send(read, ids, read.own ?? OWN));
  });

  test.each(READS)("$what returns to another member what an unknown ID returns", async (read) => {
    const actual = await send(read, ids, OTHER);
    expect(JSON.stringify(actual)).not.toContain(read.real);
    expect(actual.errors).toBeUndefined();
    expect(actual).toEqual(await send(read, UNKNOWN, OTHER));
  });

  test.each(READS)("$what returns no data with only the other provider's scopes", async (read) => {
    const isPix = /pix/i.test(read.what);
    const claims = { sub: "staff-2", scope: isPix ? "users:read:any pix:cancel:any" : "pix:read:any pix:cancel:any" };
    expect(JSON.stringify(await send(read, ids, claims))).not.toContain(read.real);
  });

  test.each(READS)("$what without a token is UNAUTHENTICATED, with no provider call", async (read) => {
    await subgraph.avibra.clearRequests();
    await subgraph.delbank.clearRequests();
    const { errors }: GraphqlResponse = await send(read, ids, null);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
    expect(await providerCalls()).toEqual([]);
  });

  test.each([
    ["User reference {id}", entity('id: "u-1001"', "User", "id")],
    ["User reference {__typename}", entity('id: "u-1001"', "User", "__typename")],
    ["User reference, malformed", entity('id: "u 1001"', "User", "id")],
    ["User reference without its key", entity('name: "x"', "User", "id")],
    ["Benefit reference, malformed", entity('userId: "../", id: "acc-ins"', "Benefit", "id")],
    ["Benefit reference without its key", entity('userId: "u-1001"', "Benefit", "id")],
    ["PixAuthorization reference, malformed", entity('recurrenceId: "RR"', "PixAuthorization", "status")],
    ["PixCancellation reference, malformed", entity('recurrenceId: "RR", id: "IC"', "PixCancellation", "id")],
    ["Operation reference, malformed", entity('id: "1"', "Operation", "id")],
  ])("%s, without a token is null with UNAUTHENTICATED", async (_what, query) => {
    const { data, errors } = await subgraph.graphql(query, { claims: null });
    expect(data?._entities).toEqual([null]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
  });

  test("aliases and nesting return no data of another member", async () => {
    const { data, errors } = await subgraph.graphql(
      `{ mine: user(id: "u-1002") { benefits { id } } actual: user(id: "u-1001") { benefits { id } again: benefits { id } currentOffer { status } }
         pixAuthorization(recurrenceId: "${CANCELLED_RECURRENCE_ID}") { cancellations { authorization { payer { document } } } } }`,
      { claims: OTHER },
    );
    expect(errors).toBeUndefined();
    expect(data.mine.benefits).toHaveLength(2);
    expect(data).toMatchObject({ actual: { benefits: [], again: [], currentOffer: null }, pixAuthorization: null });
  });

  test("another member's benefits cause no provider call", async () => {
    await subgraph.avibra.clearRequests();
    await subgraph.graphql('{ user(id: "u-1001") { benefits { id } } }', { claims: OTHER });
    expect(await subgraph.avibra.requests()).toEqual([]);
  });

  test.each([
    ["an invalid tax ID", { sub: MEMBER_ID, tax_id: "11111111111" }],
    ["an empty tax ID", { sub: MEMBER_ID, tax_id: "" }],
    ["no tax ID", { sub: MEMBER_ID }],
    ["a part of the payer's tax ID", { sub: MEMBER_ID, tax_id: PAYER_TAX_ID.slice(2) }],
  ])("pixAuthorization is null, with no provider call, if the token has %s", async (_what, claims) => {
    await subgraph.delbank.clearRequests();
    const { data } = await subgraph.graphql(`{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`, {
      claims,
    });
    expect(data.pixAuthorization).toBeNull();
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test("pixAuthorization is null if the provider hides the payer's document", async () => {
    const body = { recurrenceId: RECURRENCE_ID, status: "ACTIVE", payer: { document: null }, beneficiary: {} };
    await subgraph.delbank.addFault({
      match: { method: "GET" },
      kind: "wrongShape",
      status: 200,
      body: JSON.stringify(body),
    });
    const query = `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`;
    expect((await subgraph.graphql(query, { claims: OWN })).data.pixAuthorization).toBeNull();
  });

  test("pixAuthorization is returned to the beneficiary, and to a token whose tax ID has punctuation", async () => {
    const query = `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`;
    for (const tax_id of ["12345678000195", "12.345.678/0001-95", "046.232.170-35"]) {
      const { data } = await subgraph.graphql(query, { claims: { sub: "company", tax_id } });
      expect(data.pixAuthorization).toEqual({ status: "ACTIVE" });
    }
  });

  test("documents are masked for the payer and for staff, and unmasked only with pii:read", async () => {
    const query = `{ pixAuthorization(recurrenceId: "${CANCELLED_RECURRENCE_ID}") { payer { document } cancellations { requesterDocument } } }`;
    for (const claims of [CANCELLED_OWN, STAFF, { ...STAFF, scope: `${STAFF["scope"]} pii:reader pii` }]) {
      const { data } = await subgraph.graphql(query, { claims });
      expect(data.pixAuthorization.payer.document).toBe("***.793.620-**");
      expect(data.pixAuthorization.cancellations[0].requesterDocument).toBe("***.793.620-**");
    }
    const claims = { ...STAFF, scope: `${STAFF["scope"]} pii:read` };
    const { data } = await subgraph.graphql(query, { claims });
    expect(data.pixAuthorization).toEqual({
      payer: { document: OTHER_TAX_ID },
      cancellations: [{ requesterDocument: "77379362038" }],
    });
  });

  test("the table of reads has every root field, user field, reference and field that leads to an entity", async () => {
    const { schema, apiSchema } = await createSubgraph();
    const seen = new Set<string>();
    for (const { query } of READS) {
      const info = new TypeInfo(schema);
      const record = (coordinate: string) => void seen.add(coordinate);
      const document = parse(query(UNKNOWN));
      visit(
        document,
        visitWithTypeInfo(info, {
          Field: ({ name }) => {
            record(`${info.getParentType()?.name}.${name.value}`);
          },
          InlineFragment: ({ typeCondition }) => {
            record(`reference ${typeCondition?.name.value}`);
          },
        }),
      );
    }
    const references = schema.getType("_Entity");
    if (!references || !("getTypes" in references)) throw new Error("no entities");
    const entities = references.getTypes().map(({ name }) => name);
    const fields = Object.values(apiSchema.getTypeMap()).flatMap((type) =>
      // Access to subscriptions is tested in test/subscriptions.
      isObjectType(type) && !type.name.startsWith("__") && !/Mutation|Payload|Subscription/.test(type.name)
        ? Object.values(type.getFields()).map((field) => ({ of: type.name, field }))
        : [],
    );
    const needed = fields.filter(
      ({ of, field }) =>
        ["Query", "User"].includes(of) || entities.includes(field.type.toString().replace(/[[\]!]/g, "")),
    );
    const coordinates = needed.map(({ of, field }) => `${of}.${field.name}`);
    const missing = [...coordinates, ...entities.map((name) => `reference ${name}`)].filter((one) => !seen.has(one));
    // `me` is always the caller, and `User.id` only repeats the request's ID. An Offer is returned by a checked field and has no resolver.
    // `operations` has no owner: without its scope it is refused, whatever it would find (scopes-table.test.ts).
    expect(missing.sort()).toEqual(["Query.me", "Query.operations", "User.id", "reference Offer"]);
  });
});
