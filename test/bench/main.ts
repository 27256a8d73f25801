// npm run bench                every benchmark
// npm run bench -- operations  those named
// npm run bench -- histories --seed 7 --profile stalled --seconds 20
import "reflect-metadata";
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { chaos } from "./chaos";
import { documents } from "./documents";
import { footprint } from "./footprint";
import { histories } from "./histories";
import { benchmarkOperationStore } from "./operation-store";
import { limits } from "./limits";
import { memory } from "./memory";
import { reads } from "./reads";
import { routers } from "./routers";
import { storm } from "./storm";
import { subscriptions } from "./subscriptions";
import { timing } from "./timing";
import { webhooks } from "./webhooks";

const { values, positionals: benchmarkNames } = parseArgs({
  options: { seed: { type: "string" }, profile: { type: "string" }, seconds: { type: "string" } },
  allowPositionals: true,
});
const BENCHMARKS = {
  operations: benchmarkOperationStore,
  reads,
  routers,
  limits,
  footprint,
  storm,
  memory,
  documents,
  subscriptions,
  chaos,
  histories: () => histories(values),
  webhooks,
  timing,
};
type Name = keyof typeof BENCHMARKS;

async function main(): Promise<void> {
  const known = Object.keys(BENCHMARKS) as Name[];
  const strangers = benchmarkNames.filter((name) => !known.includes(name as Name));
  if (strangers.length > 0) throw new Error(`no benchmark ${strangers.join(", ")}; there are ${known.join(", ")}`);
  execFileSync(process.execPath, [".ci/build.mjs", "--if-needed"], { stdio: "inherit" });
  for (const name of known) if (benchmarkNames.length === 0 || benchmarkNames.includes(name)) await BENCHMARKS[name]();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
