// Checks the alerts, the dashboards and the metrics with promtool: expressions are valid, each alert fires and clears in
// rules.test.yaml, and the metrics follow Prometheus' conventions.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { renderSamples } from "./docs-metrics";
import { findPromtool } from "./promtool";

const RULES = "deploy/prometheus/rules.yaml";
const DASHBOARDS = "deploy/grafana";
const RULES_TEST = "deploy/prometheus/rules.test.yaml";

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
}

/** What promtool says about the default metrics of prom-client, whose names dashboards expect. */
const OF_THE_LIBRARY = new Set([
  'nodejs_active_handles_total non-counter metrics should not have "_total" suffix',
  'nodejs_active_requests_total non-counter metrics should not have "_total" suffix',
  'nodejs_active_resources_total non-counter metrics should not have "_total" suffix',
]);

async function findMetricProblems(promtool: string): Promise<string[]> {
  const { stdout, stderr, error } = spawnSync(promtool, ["check", "metrics"], {
    input: await renderSamples(),
    encoding: "utf8",
  });
  if (error) throw error;
  const lines = `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
  const missing = [...OF_THE_LIBRARY]
    .filter((line) => !lines.includes(line))
    .map((line) => `no longer reported: ${line}`);
  return [...lines.filter((line) => !OF_THE_LIBRARY.has(line)), ...missing];
}

/** The expressions of the dashboards as rules, because promtool has no other way to check the syntax of an expression. */
function renderDashboardRules(): string {
  const expressions = readdirSync(DASHBOARDS).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), "utf8")) as Dashboard;
    return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "5m")));
  });
  return stringify({ groups: [{ name: "dashboards", rules: expressions.map((expr) => ({ record: "panel", expr })) }] });
}

function checkDashboards(promtool: string): void {
  const folder = mkdtempSync(join(tmpdir(), "dashboards-"));
  try {
    const file = join(folder, "panels.yaml");
    writeFileSync(file, renderDashboardRules());
    execFileSync(promtool, ["check", "rules", "--lint=none", file], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const promtool = findPromtool();
  execFileSync(promtool, ["check", "rules", RULES], { stdio: "inherit" });
  execFileSync(promtool, ["test", "rules", RULES_TEST], { stdio: "inherit" });
  checkDashboards(promtool);
  const problems = await findMetricProblems(promtool);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
