import { readFileSync } from "node:fs";
import { formatTable } from "./docs-format";
import { readRouterFailures, type SeenFailure } from "./router-failures";

interface HeavySuite {
  readonly suite: string;
  readonly inTest: string;
  readonly inTestAll: string;
  readonly because: string;
}

/** The suites that `npm run test:all` runs at full size. */
export function renderHeavySuiteTable(): string {
  const suites = JSON.parse(readFileSync(".ci/heavy-suites.json", "utf8")) as readonly HeavySuite[];
  const rows = suites.map(({ suite, inTest, inTestAll, because }) => {
    const name = suite.replace(/^test\//, "").replace(/\.test\.ts$/, "");
    return [`[${name}](../../${suite})`, inTest, inTestAll, because];
  });
  return formatTable(["suite", "in `npm test`", "in `npm run test:all`", "why"], rows);
}

function formatSeen({ status, codes, rest, advice }: SeenFailure): string {
  const shown = codes.length === 0 ? "no error" : codes.map((code) => `\`${code}\``).join(", ");
  return `${status} ${shown}${rest ? " ¹" : ""}${advice ? " ²" : ""}`;
}

/** What clients see for each kind of failure through each router; test/federation/routers/failures.test.ts compares it. */
export function renderRouterFailureTable(): string {
  const { versions, failures } = readRouterFailures();
  const routers = Object.entries(versions).sort();
  const rows = failures.map(({ failure, seen }) => [
    failure,
    ...routers.map(([title]) => (seen[title] ? formatSeen(seen[title]) : "not run")),
  ]);
  return formatTable(["failure", ...routers.map((router) => router.join(" "))], rows);
}
