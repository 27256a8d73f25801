import { serverAudits } from "graphql-http";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

/** A GET that a browser sends without a preflight is rejected: Apollo's protection against forged requests. */
const GETS_WITHOUT_PREFLIGHT = {
  "5A70": "notice: MAY accept application/x-www-form-urlencoded formatted GET requests",
  D6D5: "notice: MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json",
  "6A70": "notice: MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json",
};

describe("the server audit of graphql-http", () => {
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
      audits: results.length,
      remarks: Object.fromEntries(remarks.map(({ id, status, name }) => [id, `${status}: ${name}`])),
    };
  }

  test.each([
    ["a caller without a token", {}, GETS_WITHOUT_PREFLIGHT],
    ["a caller with a token", { authorization: "Bearer" }, GETS_WITHOUT_PREFLIGHT],
    ["a caller with a preflight header", { "apollo-require-preflight": "true" }, {}],
  ])("runs 61 audits and finds only the known deviations, as %s", async (_caller, headers, remarks) => {
    const token = await subgraph.token(STAFF_CLAIMS);
    const authorization = "authorization" in headers && { authorization: `Bearer ${token}` };
    expect(await audit({ ...headers, ...authorization })).toEqual({ audits: 61, remarks });
  });
});
