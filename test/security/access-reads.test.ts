import { isObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import { createSubgraph } from "../../src/app/schema";
import { toDocument, findMutation } from "../kit/seeds/mutations";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { postWebhook } from "../kit/http/webhooks";

type Claims = Readonly<Record<string, string>>;

const OWN: Claims = { sub: "u-1001", tax_id: PAYER_TAX_ID };
/** Another member, with every scope that is not for reading everybody. */
const OTHER: Claims = { sub: "u-1002", tax_id: "01234567000195", scope: "pix:cancel users:write:any pii:read openid" };
const STAFF: Claims = { sub: "staff-1", scope: "users:read:any pix:read:any" };

const CANCELLED = "RR3822485720260110cancelled01";
const CANCELLATION = "IC0435879820240605bcdb1fhn43a";
const CANCELLED_OWN: Claims = { sub: "u-1004", tax_id: "77379362038" };

interface Ids {
  readonly user: string;
  readonly recurrence: string;
  readonly cancelled: string;
  readonly cancellation: string;
  readonly operation: string;
}

/** Well formed, and nobody's. */
const UNKNOWN: Ids = {
  user: "u-9999",
  recurrence: "RR0435879820240605nobodyknows",
  cancelled: "RR3822485720260110nobodyknows",
  cancellation: "IC0435879820240605nobodyknows",
  operation: "00000000-0000-4000-8000-000000000000",
};

interface Read {
  readonly what: string;
  readonly query: (ids: Ids) => string;
  /** Whose it is, where not member u-1001's. */
  readonly own?: Claims;
  /** What shows that the answer is a real one. */
  readonly real: string;
}

const entity = (representation: string, type: string, fields: string) =>
  `{ _entities(representations: [{ __typename: "${type}", ${representation} }]) { ... on ${type} { ${fields} } } }`;
const OPERATION = "id kind userId recurrenceId pixCancellation { id }"; // its key is the asker's alone: ledger-reads
const AUTHORIZATION =
  "recurrenceId status payer { document name } beneficiary { name } cancellations { id authorization { status } }";

/** Every way to data: root fields, references, and what hangs below a user. */
const READS: readonly Read[] = [
  ...[
    ["benefits", "benefits { id name }", "acc-ins"],
    ["currentOffer", "currentOffer { offer { id } status }", "plus"],
    ["availableOffers", "availableOffers { id name }", "premium"],
    ["enrollment", "enrollment { status source }", "REQUESTED"],
    [
      "operations",
      `operations(first: 5) { edges { cursor node { ${OPERATION} } } pageInfo { hasNextPage } }`,
      "u-1001",
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
    real: CANCELLATION,
  },
  {
    what: "PixCancellation reference",
    query: ({ cancelled, cancellation }) =>
      entity(`recurrenceId: "${cancelled}", id: "${cancellation}"`, "PixCancellation", "id requesterDocument reason"),
    own: CANCELLED_OWN,
    real: CANCELLATION,
  },
  { what: "operation", query: ({ operation }) => `{ operation(id: "${operation}") { ${OPERATION} } }`, real: "u-1001" },
  {
    what: "Operation reference",
    query: ({ operation }) => entity(`id: "${operation}"`, "Operation", OPERATION),
    real: "u-1001",
  },
];

describe("who may read", () => {
  let subgraph: TestSubgraph;
  let ids: Ids;
  beforeAll(async () => {
    subgraph = await startSubgraph();
    const prefill = findMutation("prefillUser");
    const input = { idempotencyKey: "access", userId: "u-1001" };
    await subgraph.avibra.addFault({
      match: { path: prefill.path },
      kind: "wrongShape",
      status: 200,
      body: '"Successful"',
    });
    const { data } = await subgraph.graphql(toDocument(prefill), { variables: { input }, claims: OWN });
    const operation = data.prefillUser.operation.id as string;
    await postWebhook(subgraph.url, { eventname: "enrollment_request_received", userid: "u-1001" });
    ids = { user: "u-1001", recurrence: RECURRENCE_ID, cancelled: CANCELLED, cancellation: CANCELLATION, operation };
  });
  afterAll(() => subgraph.stop());

  const ask = ({ query }: Read, of: Ids, claims: Claims | null) => subgraph.graphql(query(of), { claims });
  const providerCalls = async () => [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())];

  test.each(READS)("$what: its own caller reads it", async (read) => {
    const answer = await ask(read, ids, read.own ?? OWN);
    expect(answer.errors).toBeUndefined();
    expect(JSON.stringify(answer.data)).toContain(read.real);
  });

  test.each(READS)("$what: staff with the scope reads the same", async (read) => {
    expect(await ask(read, ids, STAFF)).toEqual(await ask(read, ids, read.own ?? OWN));
  });

  test.each(READS)("$what: for another member it is as what does not exist", async (read) => {
    const theirs = await ask(read, ids, OTHER);
    expect(JSON.stringify(theirs)).not.toContain(read.real);
    expect(theirs.errors).toBeUndefined();
    expect(theirs).toEqual(await ask(read, UNKNOWN, OTHER));
  });

  test.each(READS)("$what: the scope for the other provider's data does not help", async (read) => {
    const isPix = /pix/i.test(read.what);
    const claims = { sub: "staff-2", scope: isPix ? "users:read:any pix:cancel:any" : "pix:read:any pix:cancel:any" };
    expect(JSON.stringify(await ask(read, ids, claims))).not.toContain(read.real);
  });

  test.each(READS)("$what: nobody reads nothing, at no cost", async (read) => {
    await subgraph.avibra.clearRequests();
    await subgraph.delbank.clearRequests();
    const { errors }: GraphqlResponse = await ask(read, ids, null);
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
  ])("%s: nobody is told so before anything else", async (_what, query) => {
    const { data, errors } = await subgraph.graphql(query, { claims: null });
    expect(data?._entities).toEqual([null]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
  });

  test("aliases and nesting are no way round: one document asks for everybody's at once", async () => {
    const { data, errors } = await subgraph.graphql(
      `{ mine: user(id: "u-1002") { benefits { id } } theirs: user(id: "u-1001") { benefits { id } again: benefits { id } currentOffer { status } }
         pixAuthorization(recurrenceId: "${CANCELLED}") { cancellations { authorization { payer { document } } } } }`,
      { claims: OTHER },
    );
    expect(errors).toBeUndefined();
    expect(data.mine.benefits).toHaveLength(2);
    expect(data).toMatchObject({ theirs: { benefits: [], again: [], currentOffer: null }, pixAuthorization: null });
  });

  test("another member's benefits are not even asked for", async () => {
    await subgraph.avibra.clearRequests();
    await subgraph.graphql('{ user(id: "u-1001") { benefits { id } } }', { claims: OTHER });
    expect(await subgraph.avibra.requests()).toEqual([]);
  });

  test.each([
    ["a tax id that is none", { sub: "u-1001", tax_id: "11111111111" }],
    ["an empty tax id", { sub: "u-1001", tax_id: "" }],
    ["no tax id", { sub: "u-1001" }],
    ["a part of the payer's", { sub: "u-1001", tax_id: PAYER_TAX_ID.slice(2) }],
  ])("%s is nobody's: no authorization, and no call", async (_what, claims) => {
    await subgraph.delbank.clearRequests();
    const { data } = await subgraph.graphql(`{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`, {
      claims,
    });
    expect(data.pixAuthorization).toBeNull();
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test("a party whose document the provider hides is nobody", async () => {
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

  test("the beneficiary reads it too, and a tax id may come with its punctuation", async () => {
    const query = `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`;
    for (const tax_id of ["12345678000195", "12.345.678/0001-95", "046.232.170-35"]) {
      const { data } = await subgraph.graphql(query, { claims: { sub: "company", tax_id } });
      expect(data.pixAuthorization).toEqual({ status: "ACTIVE" });
    }
  });

  test("documents are masked for the payer and for staff, and whole for pii:read alone", async () => {
    const query = `{ pixAuthorization(recurrenceId: "${CANCELLED}") { payer { document } cancellations { requesterDocument } } }`;
    for (const claims of [CANCELLED_OWN, STAFF, { ...STAFF, scope: `${STAFF["scope"]} pii:reader pii` }]) {
      const { data } = await subgraph.graphql(query, { claims });
      expect(data.pixAuthorization.payer.document).toBe("***.793.620-**");
      expect(data.pixAuthorization.cancellations[0].requesterDocument).toBe("***.793.620-**");
    }
    const claims = { ...STAFF, scope: `${STAFF["scope"]} pii:read` };
    const { data } = await subgraph.graphql(query, { claims });
    expect(data.pixAuthorization).toEqual({
      payer: { document: "77379362038" },
      cancellations: [{ requesterDocument: "77379362038" }],
    });
  });

  test("the table holds every root field, every field of a user, every reference and every field that leads to an entity", async () => {
    const { schema, apiSchema } = await createSubgraph();
    const seen = new Set<string>();
    for (const { query } of READS) {
      const info = new TypeInfo(schema);
      const note = (coordinate: string) => void seen.add(coordinate);
      const document = parse(query(UNKNOWN));
      visit(
        document,
        visitWithTypeInfo(info, {
          Field: ({ name }) => {
            note(`${info.getParentType()?.name}.${name.value}`);
          },
          InlineFragment: ({ typeCondition }) => {
            note(`reference ${typeCondition?.name.value}`);
          },
        }),
      );
    }
    const references = schema.getType("_Entity");
    if (!references || !("getTypes" in references)) throw new Error("no entities");
    const entities = references.getTypes().map(({ name }) => name);
    const fields = Object.values(apiSchema.getTypeMap()).flatMap((type) =>
      // Subscriptions are no reads: who hears what is test/subscriptions.
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
    // `me` has no other; a user's id is what was asked with (nobody's: above). Offers come with the field that was checked, and do not resolve.
    expect(missing.sort()).toEqual(["Query.me", "User.id", "reference Offer"]);
  });
});
