import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { sql } from "kysely";
import { createApp } from "../../../src/app/create-app";
import { loadConfig } from "../../../src/config/index";
import { openDatabase } from "../../../src/platform/database/open-database";
import { createLogger } from "../../../src/platform/observability/logger";
import { startSandboxes } from "../../../src/sandbox";
import { type Claims, STAFF_CLAIMS } from "../tokens/claims";
import { createSandboxControl } from "../sandbox-control";
import { liveVariables } from "./live-variables";

/** What an answer cost at the providers; `stale` only where something is. */
export interface UpstreamCost {
  readonly calls: number;
  readonly retries: number;
  readonly coalesced: number;
  readonly cacheHits: number;
  readonly stale?: number;
}

/** A GraphQL answer, as loosely typed as JSON is. */
export interface GraphqlResponse {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are compared whole, as JSON
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: {
      readonly code: string;
      readonly retryable: boolean;
      readonly requestId: string;
      readonly operationId?: string;
    };
  }[];
  /** With `EXPOSE_UPSTREAM_COST=true` alone. */
  readonly extensions?: { readonly upstream: UpstreamCost };
}

export interface GraphqlOptions {
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The token's claims; `null` sends no token. Default: `STAFF_CLAIMS`. */
  readonly claims?: Claims | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** When it fires, the client closes its connection. */
  readonly signal?: AbortSignal;
}

async function deleteCancellations(databaseUrl: string): Promise<void> {
  const database = openDatabase(databaseUrl);
  await sql`delete from operation where kind = 'CANCEL_PIX_AUTHORIZATION'
    and status in ('SUCCEEDED', 'NEEDS_ATTENTION')`.execute(database.kysely);
  await database.close();
}

export type TestSubgraph = Awaited<ReturnType<typeof startSubgraph>>;

/** Starts both sandboxes and the subgraph on free ports, with real HTTP between all of them. */
export async function startSubgraph(environment: Readonly<Record<string, string>> = {}) {
  const sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
  const directory = mkdtempSync(join(tmpdir(), "subgraph-"));
  const config = loadConfig({
    PORT: "0",
    AVIBRA_BASE_URL: sandboxes.avibra.url,
    DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
    DATA_DIRECTORY: directory,
    DATABASE_URL: `sqlite:${join(directory, "subgraph.db")}`,
    ...(environment["PROVIDERS"] === "live" && liveVariables(sandboxes.avibra.url)),
    SHUTDOWN_DELAY_MS: "0",
    // One fault, one failure, however many of them come in a row: what a storm does is test/faults/storms.
    RETRY_PERCENT: "0",
    BREAKER_MIN_CALLS: "10000",
    // Every read reaches the sandbox; test/platform/reads tests the cache.
    READ_CACHE_MS: "0",
    EXPOSE_UPSTREAM_COST: "false",
    LOG_LEVEL: "trace",
    ...environment,
  });
  const logs: string[] = [];
  const app = await createApp(config, createLogger(config.LOG_LEVEL, { write: (line) => void logs.push(line) }));
  const url = await app.listen();

  async function token(claims: Readonly<Record<string, string>>): Promise<string> {
    const headers = config.ROUTER_SECRETS.slice(0, 1).map((secret): [string, string] => [
      "router-authorization",
      secret,
    ]);
    const response = await fetch(`${url}/dev/token?${new URLSearchParams(claims).toString()}`, { headers });
    return ((await response.json()) as { token: string }).token;
  }

  const delbank = createSandboxControl(sandboxes.delbank.url);
  const tokens = new Map<string, Promise<string>>();
  /** As `token`, and the same one for the same claims. */
  function getCachedToken(claims: Readonly<Record<string, string>>): Promise<string> {
    const key = JSON.stringify(claims);
    const cached = tokens.get(key) ?? token(claims);
    tokens.set(key, cached);
    return cached;
  }

  /** Sends one operation and gives back the whole response, unread. */
  async function post(
    query: string,
    { variables, claims = STAFF_CLAIMS, headers, signal }: GraphqlOptions = {},
  ): Promise<Response> {
    return fetch(`${url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(claims && { authorization: `Bearer ${await getCachedToken(claims)}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
      ...(signal && { signal }),
    });
  }

  /** Sends a document of schema/operations; its data, as the schema types it. Throws if there are errors. */
  async function execute<Data, Variables extends Readonly<Record<string, unknown>>>(
    document: TypedDocumentNode<Data, Variables>,
    options: GraphqlOptions & { readonly variables: Variables },
  ): Promise<Data> {
    const { data, errors } = (await (await post(print(document), options)).json()) as GraphqlResponse;
    if (errors) throw new Error(JSON.stringify(errors));
    return data as Data;
  }

  return {
    url,
    logs,
    token,
    post,
    execute,
    avibra: createSandboxControl(sandboxes.avibra.url),
    delbank: {
      ...delbank,
      /** Starts over on both sides: our own store remembers a cancellation, whatever the sandbox has forgotten. */
      async reset() {
        await delbank.reset();
        await deleteCancellations(config.DATABASE_URL);
      },
    },
    graphql: async (query: string, options?: GraphqlOptions) =>
      (await (await post(query, options)).json()) as GraphqlResponse,
    async stop() {
      await app.stop();
      await sandboxes.close();
      rmSync(directory, { recursive: true });
    },
  };
}
