import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createControl } from "../support/control";
import { eventually } from "../support/program";
import { median, quantile, row } from "./figures";
import { paced } from "./pace";
import { startSandboxProcess } from "./sandbox-process";
import { startSubgraphProcess } from "./subgraph-process";

const ROUNDS = 12;
const PACE = { perSecond: 150, seconds: 3 };
const TIMEOUT_MS = 300;
const MEMBERS = ["s-1", "s-2", "s-3"];
const RECURRENCES = ["RR0435879820240605njua7shf40o", "RR3822485720260110legalpay001", "RN3822485720260110pending0001"];

/** What befalls Avibra, for as long as a round takes. Twice well: how far two equal rows lie apart is what this machine can tell. */
const WEATHERS = {
  "it is well": undefined,
  "it is well, once more": undefined,
  "it answers 503": { kind: "status", status: 503 },
  "it hangs": { kind: "hangBeforeCommit" },
} as const;
type Weather = keyof typeof WEATHERS;

interface Round {
  /** How long each read of Delbank's took. */
  readonly durationsMs: readonly number[];
  /** Calls that Avibra received. */
  readonly attempts: number;
}

/** What one provider's readers notice of the other one's trouble: Delbank's times while Avibra is asked as often. */
export async function storm(): Promise<void> {
  const sandbox = await startSandboxProcess();
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  // Every read reaches its provider: nothing is kept, and nobody asks for the same as another one.
  const environment = {
    ...sandbox.environment,
    READ_CACHE_MS: "0",
    AVIBRA_TIMEOUT_MS: `${TIMEOUT_MS}`,
    BREAKER_OPEN_MS: "500",
    LOG_LEVEL: "error",
  };
  const subgraph = await startSubgraphProcess(environment, directory);
  const avibra = createControl(sandbox.avibraUrl);
  const token = await subgraph.tokenOf({ sub: "reader", scope: "pix:read:any users:read:any" });
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  /** Asks, and tells whether it was answered without errors, and how long that took. */
  const ask = async (query: string) => {
    const startedAt = performance.now();
    const answer = await fetch(subgraph.url, { method: "POST", headers, body: JSON.stringify({ query }) });
    const isWell = !("errors" in ((await answer.json()) as object));
    return { isWell, durationMs: performance.now() - startedAt };
  };
  const ofDelbank = () =>
    paced(PACE, (index) => ask(`{ pixAuthorization(recurrenceId: "${RECURRENCES[index % 3] ?? ""}") { status } }`));
  const ofAvibra = () =>
    paced(PACE, (index) => ask(`{ user(id: "${MEMBERS[index % 3] ?? ""}") { currentOffer { status } } }`));

  const rounds: Record<Weather, Round[]> = {
    "it is well": [],
    "it is well, once more": [],
    "it answers 503": [],
    "it hangs": [],
  };
  try {
    await Promise.all([ofDelbank(), ofAvibra()]);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [weather, fault] of Object.entries(WEATHERS) as [Weather, (typeof WEATHERS)[Weather]][]) {
        if (fault) await avibra.fault({ ...fault, match: { path: "/user/benefits" }, times: 1_000_000 });
        await avibra.forget();
        const [delbank] = await Promise.all([ofDelbank(), ofAvibra()]);
        if (!delbank.every(({ isWell }) => isWell))
          throw new Error(`reads of Delbank failed while of Avibra ${weather}`);
        const attempts = (await avibra.requests("/user/benefits")).length;
        rounds[weather].push({ durationsMs: delbank.map(({ durationMs }) => durationMs), attempts });
        await avibra.clearFaults();
        await sleep(2 * TIMEOUT_MS); // what still hangs fails, and would count against the next round
        // The first read that is answered closes the breaker.
        await eventually(
          async () => (await ask('{ user(id: "s-0") { currentOffer { status } } }')).isWell || undefined,
        );
      }
    }
  } finally {
    await subgraph.stop();
    await sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  }

  const allOf = (weather: Weather) => rounds[weather].flatMap(({ durationsMs }) => durationsMs);
  // The median round's: one that the rest of the machine disturbs must not decide.
  const p99 = (weather: Weather) => median(rounds[weather].map(({ durationsMs }) => quantile(durationsMs, 0.99)));
  const { perSecond, seconds } = PACE;
  console.log(
    `\nstorm: reads of Delbank while Avibra is read as often, ${perSecond}/s each; ${ROUNDS} rounds of ${seconds} s in turn`,
  );
  console.log(row("Avibra", "p50 ms", "p99 ms", "of calm", "Avibra's calls", "attempts"));
  for (const weather of Object.keys(WEATHERS) as Weather[]) {
    const ratio = `${(p99(weather) / p99("it is well")).toFixed(2)} x`;
    const attempts = median(rounds[weather].map((round) => round.attempts));
    const times = [quantile(allOf(weather), 0.5), p99(weather)].map((ms) => ms.toFixed(1));
    console.log(row(weather, ...times, ratio, `${perSecond * seconds}`, `${attempts}`));
  }
}
