import { runChaos } from "./run-chaos";
import { formatCheck, row } from "./figures";

const REQUESTS_PER_SECOND = 200;

const numberOf = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);

/** Both providers fail in every way they can, under load. `CHAOS_SECONDS` (60) and `CHAOS_SEED` (1) change the run. */
export async function chaos(): Promise<void> {
  const [seed, seconds] = [numberOf("CHAOS_SEED", 1), numberOf("CHAOS_SECONDS", 60)];
  const load = { perSecond: REQUESTS_PER_SECOND, seconds };
  const report = await runChaos({ seed, load, includesRefusals: true });
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const mb = (value: number | undefined) => `${(value ?? NaN).toFixed(0)} MB`;
  const violations = (problems: number) => formatCheck(problems === 0 ? "none" : `${problems}`, problems === 0);
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  console.log(
    `\nchaos: ${REQUESTS_PER_SECOND} requests/s for ${seconds} s, ${faults} random faults of ${Object.keys(report.faults).length} kinds, seed ${seed}`,
  );
  console.log(row("requests offered", `${report.offered}`));
  console.log(row("answered", `${report.responded}`));
  for (const [code, count] of Object.entries(report.codes)) console.log(row(`  ${code}`, `${count}`));
  const { avibra, delbank, tokens } = report.attempts;
  console.log(row("attempts at Avibra, Delbank, the token", `${avibra}`, `${delbank}`, `${tokens}`));
  const { p50, p99, maxMs } = report.latencyMs;
  console.log(row("time to the answer: p50, p99, longest", ms(p50), ms(p99), ms(maxMs)));
  const { memoryMb } = report;
  console.log(row("memory: first, most, last", mb(memoryMb[0]), mb(Math.max(...memoryMb)), mb(memoryMb.at(-1))));
  console.log(row("operations settled behind the load after", ms(report.settledAfterMs)));
  for (const [status, count] of Object.entries(report.operations)) console.log(row(`  ${status}`, `${count}`));
  console.log(row("effects at the providers", `${report.commits}`));
  console.log(row("requests without an answer", violations(report.offered - report.responded)));
  console.log(row("answers that came after their deadline", violations(report.late)));
  console.log(row("effects that happened twice", violations(report.doubleCommits.length)));
  console.log(row("cancellations that were sent again", violations(report.sentAgain.length)));
  console.log(row("operations not settled", violations(report.unsettled)));
  console.log(row("operations told otherwise than they happened", violations(report.untruths.length)));
  console.log(row("errors that nobody caught", violations(report.crashes.length)));
  const hasDied = !report.wasRunning || report.exitCode !== 0;
  console.log(row("deaths, exit code", violations(Number(hasDied)), `${report.exitCode}`));
  const { doubleCommits, sentAgain, untruths, crashes } = report;
  for (const problem of [...doubleCommits, ...sentAgain, ...untruths, ...crashes]) console.log(`  ${problem}`);
}
