import { readFileSync } from "node:fs";
import { formatTable } from "./docs-format";

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
