import { deriveLimits } from "../../../src/platform/graphql/limits/derive-limits";
import { ApolloServer } from "@apollo/server";
import { buildSchema } from "graphql";
import { createDocumentStore } from "../../../src/platform/graphql/document-store";
import { createGuardedDocumentPlugin } from "../../../src/platform/graphql/guarded-document-plugin";
import { createDocumentCache, type GuardedDocument } from "../../../src/platform/graphql/limits/document-cache";
import { analyzeDocument } from "../../../src/platform/graphql/limits/request-guard";
import { loadConfig } from "../../../src/config/index";
import { validateSubscriptionDocument } from "../../../src/platform/graphql/subscriptions/subscription-document";
import { createRequestErrorDescriber } from "../../../src/platform/graphql/request-errors/request-error-describer";
import { createRequestScope, requestScope } from "../../../src/platform/graphql/request-scope";

const schema = buildSchema("type Query { a: Int b: Int }");
let executed = 0;
const rootValue = { a: () => (executed += 1), b: () => (executed += 1) };
const apollo = new ApolloServer({
  schema,
  rootValue: () => rootValue,
  documentStore: createDocumentStore(schema),
  plugins: [createGuardedDocumentPlugin()],
});
const documents = createDocumentCache(2 ** 20, (text) =>
  analyzeDocument(text, { limits: deriveLimits(loadConfig({}).limits.documents), listFields: new Set() }),
);
beforeAll(() => apollo.start());
afterAll(() => apollo.stop());
beforeEach(() => (executed = 0));

/** What Apollo Server does with a text where the guard has examined `known`. */
async function run(query: string, known?: GuardedDocument) {
  const { body } = await requestScope.run(createRequestScope("request", known), () =>
    apollo.executeOperation({ query }),
  );
  return body.kind === "single" ? (body.singleResult.errors ?? []).map(({ extensions }) => extensions?.["code"]) : body;
}

test("the document that the guard parsed is executed", async () => {
  expect(await run("{ a }", documents.get("{ a }"))).toEqual([]);
  expect(executed).toBe(1);
});

test.each([
  ["none", undefined],
  ["another one", documents.get("{ b }")],
  ["a syntax error", { ...documents.get("{ a"), hash: documents.get("{ a }").hash }],
  ["one that it could not hash", documents.get("{ a } #\ud800")],
  ["one under the same hash, not parsed", { ...documents.get("{ a }"), document: undefined } as never],
])("nothing is executed if the guard has analyzed %s", async (_what, known) => {
  expect(await run("{ a }", known)).toEqual(["INTERNAL_SERVER_ERROR"]);
  expect(executed).toBe(0);
});

test("a valid subscription that the guard has not parsed is not opened", () => {
  const query = "subscription { ticks }";
  const ticking = buildSchema("type Query { a: Int } type Subscription { ticks: Int }");
  const errorDescriber = createRequestErrorDescriber({ schema: ticking, shouldExposeSchema: true });
  const open = (known: GuardedDocument | undefined) =>
    validateSubscriptionDocument(ticking, errorDescriber, { query, operationName: undefined, guarded: known });
  const examined = documents.get(query);
  expect(open(examined).document).toBe(examined.document);
  for (const known of [undefined, documents.get("subscription {"), documents.get("#\ud800")])
    expect(() => open(known)).toThrow("Syntax Error");
});
