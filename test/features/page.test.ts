import { describeFields } from "../kit/graphql/describe-fields";
import { postWebhook } from "../kit/http/webhooks";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const USER_ID = "m-page";

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph();
  for (const [index, eventname] of ["one", "two", "three"].entries()) {
    await postWebhook(subgraph.url, { eventname, userid: USER_ID }, { key: eventname });
    const input = { idempotencyKey: eventname, userId: USER_ID, firstName: `Name ${index}` };
    const query = "mutation ($input: PrefillUserInput!) { prefillUser(input: $input) { operation { status } } }";
    await subgraph.graphql(query, { variables: { input } });
  }
});
afterAll(() => subgraph.stop());

async function readPage(list: string, args: string, selection: string) {
  const query = `{ user(id: "${USER_ID}") { ${list}${args} { edges { cursor } pageInfo ${selection} } } }`;
  return (await subgraph.graphql(query)).data.user[list];
}

describe.each(["events", "operations"])("a page of %s", (list) => {
  describeFields("PageInfo", [
    {
      of: "the first page",
      expected: {
        hasNextPage: true,
        hasPreviousPage: false,
        startCursor: expect.any(String),
        endCursor: expect.any(String),
      },
      read: async (selection) => (await readPage(list, "(first: 1)", selection)).pageInfo,
    },
    {
      of: "the last page",
      expected: { hasNextPage: false, hasPreviousPage: false },
      read: async (selection) => {
        const { pageInfo } = await readPage(list, "(first: 2)", "{ endCursor }");
        return (await readPage(list, `(first: 2, after: "${pageInfo.endCursor}")`, selection)).pageInfo;
      },
    },
  ]);

  test("the cursors are those of the first and the last item", async () => {
    const { edges, pageInfo } = await readPage(list, "(first: 2)", "{ startCursor endCursor }");
    expect(pageInfo).toEqual({ startCursor: edges[0].cursor, endCursor: edges[1].cursor });
  });
});
