import { toBody, COSTLY_QUERIES, largeMemberFault } from "../kit/security/costly-responses";
import { MEMBER_ID } from "../kit/seeds/ids";
import { sendRequest } from "../kit/http/request";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { ACCEPT_GRAPHQL_RESPONSE, type GraphqlResponse } from "../kit/http/graphql-client";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

let subgraph: TestSubgraph;
let authorization: string;
beforeAll(async () => {
  subgraph = await startSubgraph({ LIMIT_PROVIDER_BODY_BYTES: "2097152" });
  authorization = `Bearer ${await subgraph.token(STAFF_CLAIMS)}`;
});
afterAll(() => subgraph.stop());
afterEach(() => subgraph.avibra.clearFaults());

const send = (body: string) =>
  sendRequest(`${subgraph.url}/graphql`, {
    headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE },
    body: Buffer.from(body),
  });

describe("a response over LIMIT_NODES or LIMIT_RESPONSE_BYTES is rejected as a whole", () => {
  test.each(Object.entries(COSTLY_QUERIES))("%s", async (_name, costly) => {
    if (costly.member) await subgraph.avibra.addFault(largeMemberFault(costly.member));
    const { status, text } = await send(toBody(costly, "once"));
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual({
      errors: [
        {
          message: expect.stringMatching(
            /^The response exceeds (LIMIT_NODES: it must not have more than 50000 fields and list items|LIMIT_RESPONSE_BYTES: it must not have more than 4194304 bytes)\.$/,
          ),
          extensions: { code: "LIMIT_EXCEEDED", retryable: false, requestId: expect.any(String) },
        },
      ],
    });
  });
});

describe("with LIMIT_NODES=100 and LIMIT_RESPONSE_BYTES=4000,", () => {
  let narrow: TestSubgraph;
  beforeAll(async () => {
    narrow = await startSubgraph({ LIMIT_NODES: "100", LIMIT_RESPONSE_BYTES: "4000" });
  });
  afterAll(() => narrow.stop());
  afterEach(() => narrow.avibra.clearFaults());
  const codesOf = ({ errors = [] }: GraphqlResponse) => errors.map(({ extensions }) => extensions.code);

  /** Each benefit is a list item with two fields: three nodes. */
  test.each([
    [4, "returned", undefined],
    [40, "rejected with LIMIT_EXCEEDED", "LIMIT_EXCEEDED"],
  ])("a list of %d benefits is %s", async (benefits, _result, code) => {
    await narrow.avibra.addFault(largeMemberFault({ benefits }));
    const response = await narrow.graphql("{ me { benefits { id name } } }");
    expect(codesOf(response)).toEqual(code ? [code] : []);
    expect(response).toHaveProperty(code ? "errors" : "data");
    expect(response).not.toHaveProperty(code ? "data" : "errors");
  });

  test("each alias of a text counts with the number of its UTF-8 bytes", async () => {
    await narrow.avibra.addFault(largeMemberFault({ benefits: 1, description: 1500 }));
    const select = (aliases: number) =>
      narrow.graphql(
        `{ me { benefits { ${Array.from({ length: aliases }, (_, i) => `a${i}: description`).join(" ")} } } }`,
      );
    expect(codesOf(await select(2))).toEqual([]);
    expect(codesOf(await select(3))).toEqual(["LIMIT_EXCEEDED"]);
    const wide = largeMemberFault({ benefits: 1 }) as { body: { benefits: { description: string }[] } };
    for (const benefit of wide.body.benefits) benefit.description = "\u{65e5}".repeat(700); // 2,100 bytes
    await narrow.avibra.clearFaults();
    await narrow.avibra.addFault(wide);
    expect(codesOf(await select(1))).toEqual([]);
    expect(codesOf(await select(2))).toEqual(["LIMIT_EXCEEDED"]);
  });

  test("a skipped field costs nothing, and a field that is selected twice costs once", async () => {
    await narrow.avibra.addFault(largeMemberFault({ benefits: 5 }));
    const fields = "id name status category userId providerStatus";
    const twice = `{ me { benefits { ${fields} ...F } } } fragment F on Benefit { ${fields} }`;
    expect(codesOf(await narrow.graphql(twice))).toEqual([]);
    const aliases = Array.from({ length: 20 }, (_, index) => `a${index}: id`).join(" ");
    const skipped = `query($no: Boolean!) { me { benefits { id ... @include(if: $no) { ${aliases} } } } }`;
    expect(codesOf(await narrow.graphql(skipped, { variables: { no: false } }))).toEqual([]);
    expect(codesOf(await narrow.graphql(skipped, { variables: { no: true } }))).toEqual(["LIMIT_EXCEEDED"]);
  });

  test("a rejection after an executed mutation says how to retry, and later mutations are not executed", async () => {
    await narrow.avibra.addFault(largeMemberFault({ benefits: 200 }));
    const cancel = (alias: string, userId: string) =>
      `${alias}: cancelUser(input: { idempotencyKey: "${alias}-key", userId: "${userId}" }) {
        operation { status } user { benefits { id name } } }`;
    const response = await narrow.graphql(`mutation { ${cancel("first", MEMBER_ID)} ${cancel("second", "u-1002")} }`);
    expect(response).not.toHaveProperty("data");
    expect(codesOf(response)).toEqual(["LIMIT_EXCEEDED"]);
    expect(response.errors?.[0]?.message).toContain("Retry with the same idempotencyKey");
    const cancelled = await narrow.avibra.requests("/user/account/cancel");
    expect(cancelled.map(({ path }) => path)).toEqual(["/user/account/cancel/u-1001"]);

    const replayed = await narrow.graphql(
      `mutation { cancelUser(input: { idempotencyKey: "first-key", userId: "u-1001" }) { operation { status } } }`,
    );
    expect(replayed.data).toEqual({ cancelUser: { operation: { status: "SUCCEEDED" } } });
    expect(await narrow.avibra.requests("/user/account/cancel")).toHaveLength(1);
  });

  const createLink = (key: string) => `createPortalLink(input: { idempotencyKey: "${key}", userId: "${MEMBER_ID}" })`;
  const manyAliases = Array.from({ length: 100 }, (_, index) => `a${index}: portalUrl`).join(" ");

  test("a rejection after createPortalLink says to send a new idempotencyKey", async () => {
    const { errors } = await narrow.graphql(`mutation { ${createLink("link-1")} { ${manyAliases} } }`);
    expect(errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED" } }]);
    expect(errors?.[0]?.message).toContain("send a new idempotencyKey");
    expect(errors?.[0]?.message).not.toContain("the same idempotencyKey");
    const response = await narrow.graphql(`mutation { ${createLink("link-2")} { portalUrl } }`);
    expect(response.data.createPortalLink.portalUrl).toContain("http");
  });

  test("a rejection advises on the mutations that were executed, not on others in the document", async () => {
    await narrow.avibra.addFault(largeMemberFault({ benefits: 200 }));
    const document = `query Read { me { benefits { id name } } } mutation Link { ${createLink("link-3")} { ${manyAliases} } }
      mutation Both { ${createLink("link-4")} { portalUrl } cancelUser(input: { idempotencyKey: "first-key", userId: "u-1001" }) {
        user { benefits { id name } } } }`;
    const messageOf = async (operationName: string) => {
      const headers = {
        "content-type": "application/json",
        authorization: `Bearer ${await narrow.token(STAFF_CLAIMS)}`,
      };
      const body = JSON.stringify({ query: document, operationName });
      const response = await fetch(`${narrow.url}/graphql`, { method: "POST", headers, body });
      return ((await response.json()) as GraphqlResponse).errors?.[0]?.message;
    };
    expect(await messageOf("Read")).toBe(
      "The response exceeds LIMIT_NODES: it must not have more than 100 fields and list items.",
    );
    expect(await messageOf("Link")).toContain("send a new idempotencyKey");
    const both = await messageOf("Both");
    expect(both).toContain("send a new idempotencyKey");
    expect(both).toContain("Retry with the same idempotencyKey");
  });

  test("a long alias counts with its length", async () => {
    const select = (length: number) => narrow.graphql(`{ ${"a".repeat(length)}: __typename }`);
    expect(codesOf(await select(3900))).toEqual([]);
    expect(codesOf(await select(4000))).toEqual(["LIMIT_EXCEEDED"]);
  });

  test("introspection of all fields is rejected; with the default limits, full introspection is returned", async () => {
    const { getIntrospectionQuery } = await import("graphql");
    const response = await subgraph.graphql(getIntrospectionQuery());
    expect(response).not.toHaveProperty("errors");
    const tooMuch = await narrow.graphql("{ __schema { types { name fields { name } } } }");
    expect(codesOf(tooMuch)).toEqual(["LIMIT_EXCEEDED"]);
  });
});
