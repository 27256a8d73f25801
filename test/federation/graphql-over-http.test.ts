import { serverAudits } from "graphql-http";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

/** A GET that a browser sends without asking first is refused: Apollo's protection against forged requests. */
const UNASKED_GETS = {
  "5A70": "notice: MAY accept application/x-www-form-urlencoded formatted GET requests",
  D6D5: "notice: MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json",
  "6A70": "notice: MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json",
};

/** What cannot be executed is a 400 for every `Accept`, not a 200: proxies, logs and metrics see that it failed. */
const FAILURES_AS_JSON = {
  "572B": "warn: SHOULD use 200 status code on document parsing failure when accepting application/json",
  FDE2: "warn: SHOULD use 200 status code on document validation failure when accepting application/json",
  "7B9B": "warn: SHOULD use a status code of 200 on variable coercion failure when accepting application/json",
};

describe("GraphQL over HTTP, as graphql-http's server audit sees us", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  async function audit(headers: Readonly<Record<string, string>>) {
    const audits = serverAudits({
      url: `${subgraph.url}/graphql`,
      fetchFn: (url: string, request?: RequestInit) =>
        fetch(url, { ...request, headers: { ...(request?.headers as object | undefined), ...headers } }),
    });
    const results = await Promise.all(audits.map(({ fn }) => fn()));
    for (const result of results) if ("response" in result) await result.response.body?.cancel();
    const remarks = results.filter(({ status }) => status !== "ok");
    return {
      asked: results.length,
      remarks: Object.fromEntries(remarks.map(({ id, status, name }) => [id, `${status}: ${name}`])),
    };
  }

  test.each([
    ["nobody", {}, { ...UNASKED_GETS, ...FAILURES_AS_JSON }],
    ["a caller", { authorization: "Bearer" }, { ...UNASKED_GETS, ...FAILURES_AS_JSON }],
    ["one whose browser has asked first", { "apollo-require-preflight": "true" }, FAILURES_AS_JSON],
  ])("61 demands, no error, and these remarks alone, for %s", async (_who, headers, remarks) => {
    const token = await subgraph.token(STAFF_CLAIMS);
    const authorization = "authorization" in headers && { authorization: `Bearer ${token}` };
    expect(await audit({ ...headers, ...authorization })).toEqual({ asked: 61, remarks });
  });
});
