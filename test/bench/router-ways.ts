import { once } from "node:events";
import { join } from "node:path";
import { ROUTER_SECRET } from "../federation/gateways/compose";
import { createStops } from "../federation/gateways/stops";
import { type RouterKind } from "../federation/routers/routers";
import { startRouter } from "../federation/routers/start-router";
import { startProgram } from "../kit/start/program";
import { spawnTypeScript } from "../kit/start/typescript";
import { createTempDirectory } from "../kit/temp";
import { type Claims } from "../kit/tokens/claims";
import { AUDIENCE, ISSUER, startTokenIssuer } from "../kit/tokens/token-issuer";
import { startConnectors } from "./connectors";
import { type Way } from "./router-load";
import { AUTHORIZATIONS, PLAIN_MEMBER, prepareMembers, TEAM } from "./router-operations";
import { startSandboxProgram } from "../kit/start/sandbox-program";

/** The ways to one subgraph: directly, and through each router. */
export interface WaysToSubgraph {
  readonly title: string;
  readonly direct: Way;
  readonly routers: readonly Way[];
}

export type RouterWays = Awaited<ReturnType<typeof startRouterWays>>;

const READ_CACHES = [
  { title: "read cache", environment: {} },
  { title: "no read cache", environment: { READ_CACHE_MS: "0" } },
] as const;

async function startAccountsProcess() {
  const child = spawnTypeScript(join(__dirname, "accounts-server.ts"), TEAM);
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return {
    url,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/**
 * Two built programs, one without a read cache, on the same sandboxes; each router before each of them, with its shipped configuration; and
 * Apollo Connectors, if Apollo Router is among the routers.
 */
export async function startRouterWays(kinds: readonly RouterKind[]) {
  const { add, stopAll } = createStops();
  const stop = (one: { stop: () => Promise<unknown> }) => one.stop();
  try {
    const sandbox = await add(startSandboxProgram({ extraAuthorizations: AUTHORIZATIONS }), (one) => one.close());
    const keys = await add(startTokenIssuer(), ({ close }) => close());
    const accounts = await add(startAccountsProcess(), stop);

    async function startWays({ title, environment }: (typeof READ_CACHES)[number]) {
      const directory = createTempDirectory("bench");
      const starting = startProgram({
        ...sandbox.environment,
        DATA_DIRECTORY: directory.path,
        DATABASE_URL: `sqlite:${join(directory.path, "ledger.db")}`,
        LOG_LEVEL: "info",
        EXPOSE_UPSTREAM_COST: "false", // as outside the sandbox
        ROUTER_SECRETS: ROUTER_SECRET,
        AUTH_JWKS_URL: keys.url,
        AUTH_ISSUER: ISSUER,
        AUTH_AUDIENCE: AUDIENCE,
        ...environment,
      });
      const program = await add(starting, (one) => one.stop().finally(directory.remove));
      const url = `${program.url}/graphql`;
      const pid = program.process.pid ?? 0;
      const headers = { "router-authorization": ROUTER_SECRET };
      const direct: Way = { title: "directly", url, side: "subgraph", headers, pids: { subgraph: pid } };
      const urls = { "benefits-pix": url, accounts: accounts.url };
      const routers: Way[] = [];
      for (const kind of kinds) {
        const router = await add(startRouter(kind, { urls, routerSecret: ROUTER_SECRET, keysUrl: keys.url }), stop);
        const pids = { subgraph: pid, router: router.pid };
        routers.push({ title: `through ${kind.title}`, url: router.url, side: "supergraph", headers: {}, pids });
      }
      return { title, direct, routers };
    }
    const subgraphs: WaysToSubgraph[] = [];
    for (const cache of READ_CACHES) subgraphs.push(await startWays(cache));

    const apollo = kinds.find(({ title }) => title === "Apollo Router");
    const connectors = apollo && (await add(startConnectors(apollo, sandbox.avibra.url), stop));
    const peer: Way | undefined = connectors && {
      title: "Apollo Connectors",
      url: connectors.url,
      side: "supergraph",
      headers: { "x-member": PLAIN_MEMBER },
      pids: { router: connectors.pid },
    };

    const sendDirectly = async ({ direct }: WaysToSubgraph, query: string, variables: unknown, claims: Claims) => {
      const headers = { "content-type": "application/json", ...direct.headers };
      const response = await fetch(direct.url, {
        method: "POST",
        headers: { ...headers, authorization: `Bearer ${await keys.sign(claims)}` },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = JSON.parse(await response.text()) as { data?: unknown; errors?: unknown };
      if (errors !== undefined || !data) throw new Error(`the subgraph fails: ${JSON.stringify({ data, errors })}`);
      return data;
    };
    await prepareMembers(
      subgraphs.map((one) => (query, variables, claims) => sendDirectly(one, query, variables, claims)),
    );
    return { subgraphs, peer, sign: keys.sign, sendDirectly, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
