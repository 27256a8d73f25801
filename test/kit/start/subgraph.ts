import { join } from "node:path";
import { sql } from "kysely";
import { createApp } from "../../../src/app/create-app";
import { type ProviderTime } from "../../../src/app/providers";
import { type SandboxProviders } from "../../../src/app/reset-sandbox";
import { type Config, loadConfig } from "../../../src/config/index";
import { openDatabase } from "../../../src/platform/database/open-database";
import { createLogger } from "../../../src/platform/observability/logger";
import { startSandboxes } from "../../../src/sandbox";
import { createGraphqlClient } from "../http/graphql-client";
import { createTempDirectory } from "../temp";
import { STAFF_CLAIMS } from "../tokens/claims";
import { createDeveloperTokens } from "../tokens/developer-token";
import { createSandboxControl } from "../sandbox-control";
import { LONG_TIMEOUTS } from "./long-timeouts";
import { liveVariables } from "./live-variables";

async function deleteCancellations(databaseUrl: string): Promise<void> {
  const database = openDatabase(databaseUrl);
  await sql`delete from operation where kind = 'CANCEL_PIX_AUTHORIZATION'
    and status in ('SUCCEEDED', 'NEEDS_ATTENTION')`.execute(database.kysely);
  await database.close();
}

export type TestSubgraph = Awaited<ReturnType<typeof startSubgraph>>;

export interface SubgraphOptions {
  readonly providerTime?: ProviderTime;
  /**
   * With `createSandboxProviders` as in `npm start`: the sandbox of Avibra sends its events to the subgraph, first those of its seeds, and
   * `POST /dev/reset` resets both sides. Without it, a test sees only the events that it sends.
   */
  readonly simulate?: (config: Config) => SandboxProviders;
}

/**
 * Starts both sandboxes and the subgraph on free ports, with real HTTP between all of them. With `providerTime`, the test moves the
 * clocks of the providers' clients; see ./provider-time.ts.
 */
export async function startSubgraph(environment: Readonly<Record<string, string>> = {}, options: SubgraphOptions = {}) {
  const sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
  const directory = createTempDirectory("subgraph");
  async function stopSandboxes(): Promise<void> {
    await sandboxes.close();
    directory.remove();
  }
  const logs: string[] = [];
  const { config, app, url } = await startApp(environment, {
    sandboxes,
    directory: directory.path,
    logs,
    ...options,
  }).catch(async (error: unknown) => {
    await stopSandboxes();
    throw error;
  });

  const token = createDeveloperTokens(url, { routerSecret: config.auth.routerSecrets[0] });
  const delbank = createSandboxControl(sandboxes.delbank.url);
  return {
    url,
    logs,
    token,
    ...createGraphqlClient(`${url}/graphql`, { getToken: token, claims: STAFF_CLAIMS }),
    avibra: createSandboxControl(sandboxes.avibra.url),
    delbank: {
      ...delbank,
      /** Resets both sides: our store keeps a cancellation that the sandbox no longer has. */
      async reset() {
        await delbank.reset();
        await deleteCancellations(config.database.url);
      },
    },
    async stop() {
      await app.stop();
      await stopSandboxes();
    },
  };
}

interface StartOptions extends SubgraphOptions {
  readonly sandboxes: Awaited<ReturnType<typeof startSandboxes>>;
  readonly directory: string;
  readonly logs: string[];
}

async function startApp(
  environment: Readonly<Record<string, string>>,
  { sandboxes, directory, logs, providerTime, simulate }: StartOptions,
) {
  const config = loadConfig({
    PORT: "0",
    AVIBRA_SANDBOX_PORT: new URL(sandboxes.avibra.url).port,
    DELBANK_SANDBOX_PORT: new URL(sandboxes.delbank.url).port,
    AVIBRA_BASE_URL: sandboxes.avibra.url,
    DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
    DATA_DIRECTORY: directory,
    DATABASE_URL: `sqlite:${join(directory, "subgraph.db")}`,
    ...(environment["PROVIDERS"] === "live" && liveVariables(sandboxes.avibra.url)),
    ...LONG_TIMEOUTS,
    SHUTDOWN_DELAY_MS: "0",
    // Each fault is one failure, even many in a row; test/faults/storms tests circuit breakers and retries.
    RETRY_PERCENT: "0",
    BREAKER_MIN_CALLS: "10000",
    // Every read reaches the sandbox; test/platform/reads tests the cache.
    READ_CACHE_MS: "0",
    EXPOSE_UPSTREAM_COST: "false",
    LOG_LEVEL: "trace",
    ...environment,
  });
  const app = await createApp(
    config,
    createLogger(config.telemetry.logLevel, { write: (line) => void logs.push(line) }),
    { providerTime, sandboxProviders: simulate?.(config) },
  );
  return { config, app, url: await app.listen() };
}
