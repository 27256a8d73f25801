import { randomBytes } from "node:crypto";
import { createSandboxProviders } from "../../src/sandbox/sandbox-providers";
import { RECURRENCE_ID, PAYER_TAX_ID } from "../kit/seeds/ids";
import { type Databases, startOwnDatabases } from "../kit/start/databases";
import { createSubgraphs } from "../kit/start/subgraphs";
import { type TestSubgraph } from "../kit/start/subgraph";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { createKey, toJwk } from "../kit/tokens/jwt";
import { startTokenIssuer, type TokenIssuer } from "../kit/tokens/token-issuer";

const SECRET = "the-router-secret-of-32-characters";
const LEDGER_KEY = randomBytes(32).toString("base64");
const PREFLIGHT = { "apollo-require-preflight": "true" };

let databases: Databases;
let keyServer: TokenIssuer;
const subgraphs = createSubgraphs();
beforeAll(async () => {
  [databases, keyServer] = await Promise.all([
    startOwnDatabases({ isSynced: true }), // as live mode requires it
    startTokenIssuer([toJwk(createKey("ES256"))]),
  ]);
});
afterAll(async () => {
  await subgraphs.stopAll();
  await databases.stop();
  await keyServer.close();
});

const liveMode = () => ({
  PROVIDERS: "live",
  LEDGER_KEY,
  ROUTER_SECRETS: SECRET,
  AUTH_JWKS_URL: keyServer.url,
  AUTH_ISSUER: "https://issuer.test/",
  AUTH_AUDIENCE: "benefits",
});
const startSandbox = (environment: Readonly<Record<string, string>> = {}) =>
  subgraphs.start({ LEDGER_KEY, ...environment }, { simulate: createSandboxProviders });
const postReset = ({ url }: TestSubgraph, headers: Readonly<Record<string, string>> = PREFLIGHT) =>
  fetch(`${url}/dev/reset`, { method: "POST", headers });
async function cancel(subgraph: TestSubgraph): Promise<void> {
  const input = `{ idempotencyKey: "press-1", recurrenceId: "${RECURRENCE_ID}", requesterType: NATURAL,
    requesterDocument: "${PAYER_TAX_ID}", reason: REQUESTED_BY_PAYER }`;
  const query = `mutation { cancelPixAuthorization(input: ${input}) { operation { status } } }`;
  const { data } = await subgraph.graphql(query, { claims: PAYER_CLAIMS });
  expect(data.cancelPixAuthorization.operation.status).toBe("SUCCEEDED");
}
async function countOperations(subgraph: TestSubgraph): Promise<number> {
  const query = "{ me { operations { edges { node { id } } } } }";
  return (await subgraph.graphql(query, { claims: PAYER_CLAIMS })).data.me.operations.edges.length as number;
}
const errorOf = async (response: Response) =>
  ((await response.json()) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code;

describe("POST /dev/reset", () => {
  test("without the preflight header, or with an empty one, is rejected with 400 and resets nothing", async () => {
    const subgraph = await startSandbox();
    await cancel(subgraph);
    for (const headers of [
      {},
      { "apollo-require-preflight": "" },
      { "content-type": "text/plain", origin: "https://evil.test" },
    ]) {
      const response = await postReset(subgraph, headers);
      expect([response.status, await errorOf(response)]).toEqual([400, "BAD_REQUEST"]);
    }
    expect((await fetch(`${subgraph.url}/dev/reset`, { headers: PREFLIGHT })).status).toBe(404);
    expect(await countOperations(subgraph)).toBe(1);
    await subgraph.stop();
  });

  test("without the router's secret is rejected with 401 if a secret is configured", async () => {
    const subgraph = await startSandbox({ ROUTER_SECRETS: SECRET });
    expect((await postReset(subgraph)).status).toBe(401);
    expect((await postReset(subgraph, { ...PREFLIGHT, "router-authorization": SECRET })).status).toBe(204);
    await subgraph.stop();
  });

  test("does not exist in live mode", async () => {
    const live = await subgraphs.start(liveMode(), { simulate: createSandboxProviders });
    const response = await postReset(live, { ...PREFLIGHT, "router-authorization": SECRET });
    expect([response.status, await errorOf(response)]).toEqual([404, "NOT_FOUND"]);
    await live.stop();
  });

  test.each(["sqlite", "postgres"] as const)(
    "is rejected with 409 on a %s database that was ever opened in live mode, and nothing is deleted",
    async (dialect) => {
      const DATABASE_URL = await databases.createDatabase(dialect);
      await (await subgraphs.start({ ...liveMode(), DATABASE_URL })).stop();
      for (let starts = 0; starts < 2; starts += 1) {
        const subgraph = await startSandbox({ DATABASE_URL });
        if ((await countOperations(subgraph)) === 0) await cancel(subgraph);
        const { commits } = await subgraph.delbank.state();
        const response = await postReset(subgraph);
        expect([response.status, await errorOf(response)]).toEqual([409, "FORBIDDEN"]);
        expect(await countOperations(subgraph)).toBe(1);
        expect((await subgraph.delbank.state()).commits).toEqual(commits);
        await subgraph.stop();
      }
    },
  );

  test("is rejected with 409 from the moment at which another process opens the database in live mode", async () => {
    const DATABASE_URL = await databases.createDatabase("postgres");
    const subgraph = await startSandbox({ DATABASE_URL });
    expect((await postReset(subgraph)).status).toBe(204);
    const live = await subgraphs.start({ ...liveMode(), DATABASE_URL });
    expect((await postReset(subgraph)).status).toBe(409);
    await live.stop();
    await subgraph.stop();
  });

  test("is rejected with 409 if a provider is not simulated by the sandbox, and from then on for this database", async () => {
    const DATABASE_URL = await databases.createDatabase("sqlite");
    const subgraph = await startSandbox({ DATABASE_URL, DELBANK_SANDBOX_PORT: "1" });
    await cancel(subgraph);
    expect((await postReset(subgraph)).status).toBe(409);
    expect(await countOperations(subgraph)).toBe(1);
    expect((await subgraph.delbank.state()).commits).toHaveLength(1);
    await subgraph.stop();
    const later = await startSandbox({ DATABASE_URL }); // the other provider could have been a tunnel to a real one
    expect((await postReset(later)).status).toBe(409);
    await later.stop();
  });

  test("is not offered by the page, and rejected with 409, on a database that was opened with a provider at another host", async () => {
    const DATABASE_URL = await databases.createDatabase("sqlite");
    const remote = {
      DELBANK_BASE_URL: "https://delbank.test/baas/api/v1",
      AUTH_JWKS_URL: keyServer.url,
      AUTH_ISSUER: "https://issuer.test/",
      AUTH_AUDIENCE: "benefits",
    };
    const atAnotherHost = await startSandbox({ DATABASE_URL, ...remote });
    const page = await (await fetch(`${atAnotherHost.url}/`)).text();
    expect(page).toContain("graphql-endpoint");
    expect(page).not.toContain("sandbox-reset-url"); // by which the page says that no money moves
    await atAnotherHost.stop();
    const subgraph = await startSandbox({ DATABASE_URL });
    expect((await postReset(subgraph)).status).toBe(409);
    await subgraph.stop();
  });
});
