import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a client sees: `rest` if other fields have data, `advice` if the errors have our `retryable` and `requestId`. */
export interface SeenFailure {
  readonly status: number;
  readonly codes: readonly string[];
  readonly rest: boolean;
  readonly advice: boolean;
}

/** What clients see of each failure, and the version of each router, by router. */
export interface RouterFailures {
  readonly versions: Readonly<Record<string, string>>;
  readonly failures: readonly { readonly failure: string; readonly seen: Readonly<Record<string, SeenFailure>> }[];
}

/** Recorded by `UPDATE_ROUTER_FAILURES=true npm run test:routers`; `npm run docs` writes the table on docs/platform/router-operation.md. */
export const ROUTER_FAILURES_FILE = join(__dirname, "router-failures.json");

export const readRouterFailures = () => JSON.parse(readFileSync(ROUTER_FAILURES_FILE, "utf8")) as RouterFailures;
