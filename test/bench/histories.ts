import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatCheck, row } from "./figures";
import { CHECKS } from "./histories-check";
import { type Profile, PROFILES } from "./histories-generator";
import { type HistoriesReport, runHistories } from "./histories-run";
import { formatRound } from "./histories-format";

export interface HistoriesArguments {
  readonly seed?: string | undefined;
  readonly profile?: string | undefined;
  readonly seconds?: string | undefined;
}

const SECONDS = "60";
const SHOWN_ROUNDS = 3;

function parseProfile(name: string): Profile {
  const profile = PROFILES.find((one) => one === name);
  if (profile === undefined) throw new Error(`no profile ${name}; there are ${PROFILES.join(", ")}`);
  return profile;
}

/** Writes every round in which a promise was broken to a file, and the first ones to the console. */
function printReport(report: HistoriesReport): void {
  const broken = [...new Set(report.problems.map(({ round }) => round))].sort((one, other) => one - other);
  if (broken.length === 0) return;
  const texts = broken.map((index) => formatRound(report, index));
  const file = join(mkdtempSync(join(tmpdir(), "histories-")), "failed-rounds.txt");
  writeFileSync(file, texts.join("\n"));
  console.log(texts.slice(0, SHOWN_ROUNDS).join("\n"));
  console.log(`  ${broken.length} of ${report.rounds.length} rounds broke a promise: ${file}`);
}

/** Random faults against three processes; then what every client was told is held against what happened. */
export async function histories({
  seed: seedText,
  profile: name = "mixed",
  seconds = SECONDS,
}: HistoriesArguments): Promise<void> {
  const [seed, profile] = [Number(seedText ?? Date.now() % 1_000_000), parseProfile(name)];
  const report = await runHistories({ seed, profile, seconds: Number(seconds) });
  const { history, rounds, problems } = report;
  console.log(`\nhistories: ${seconds} s, profile ${profile}; --seed ${seed} plays these rounds again`);
  const countOf = (type: string) => history.events.filter((event) => event.type === type).length;
  console.log(row("rounds", `${rounds.length}`));
  console.log(row("requests, answers", `${countOf("invoke")}`, `${countOf("answer")}`));
  console.log(
    row(
      "faults, handshakes broken, answers lost",
      `${countOf("fault")}`,
      `${countOf("handshakeBroken")}`,
      `${countOf("answerLost")}`,
    ),
  );
  console.log(
    row(
      "operations, commits, webhooks",
      `${history.operations.length}`,
      `${history.commits.length}`,
      `${countOf("webhook")}`,
    ),
  );
  for (const check of Object.keys(CHECKS)) {
    const found = problems.filter((problem) => problem.check === check).length;
    console.log(row(check, formatCheck(found === 0 ? "holds" : `${found} broken`, found === 0)));
  }
  printReport(report);
}
