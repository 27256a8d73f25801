import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";
import { createControl } from "../support/control";
import { eventually } from "../support/program";
import { median, row } from "./figures";
import { startSandboxProcess } from "./sandbox-process";
import { startSubgraphProcess } from "./subgraph-process";

const ROUNDS = 10;
const ROUND_SECONDS = 3;
const PER_SECOND = 150;
const CONNECTIONS = 10;
const TIMEOUT_MS = 300;
const RECURRENCES = ["RR0435879820240605njua7shf40o", "RR3822485720260110legalpay001", "RN3822485720260110pending0001"];

/** What befalls Avibra, for as long as a round takes. */
const WEATHERS = {
  "it is well": undefined,
  "it answers 503": { kind: "status", status: 503 },
  "it hangs": { kind: "hangBeforeCommit" },
} as const;
type Weather = keyof typeof WEATHERS;

interface Round {
  readonly p50: number;
  readonly p99: number;
  /** Reads of Avibra's that were answered, well or not. */
  readonly asked: number;
  /** Calls that it received. */
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
  const tokens = await Promise.all(
    Array.from({ length: 2 * CONNECTIONS }, (_, index) =>
      subgraph.tokenOf({ sub: `reader-${index}`, scope: "pix:read:any users:read:any" }),
    ),
  );
  const load = (readers: readonly string[], queries: readonly string[]) => {
    const waiting = readers.values();
    return autocannon({
      url: subgraph.url,
      connections: CONNECTIONS,
      duration: ROUND_SECONDS,
      overallRate: PER_SECOND,
      ignoreCoordinatedOmission: true, // a pause of this machine, which others use too, is one late answer and not many
      setupClient(client) {
        const authorization = `Bearer ${waiting.next().value ?? ""}`;
        const headers = { "content-type": "application/json", authorization };
        client.setRequests(queries.map((query) => ({ method: "POST", headers, body: JSON.stringify({ query }) })));
      },
    });
  };
  const ofDelbank = () =>
    load(
      tokens.slice(0, CONNECTIONS),
      RECURRENCES.map((id) => `{ pixAuthorization(recurrenceId: "${id}") { status } }`),
    );
  const ofAvibra = () =>
    load(
      tokens.slice(CONNECTIONS),
      ["s-1", "s-2", "s-3"].map((id) => `{ user(id: "${id}") { currentOffer { status } } }`),
    );

  /** Whether Avibra's reads are answered again: the first that is closes the breaker. */
  const isWell = async () => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${tokens[0] ?? ""}` };
    const body = JSON.stringify({ query: '{ user(id: "s-0") { currentOffer { status } } }' });
    const answer = await fetch(subgraph.url, { method: "POST", headers, body });
    return "errors" in ((await answer.json()) as object) ? undefined : true;
  };

  const rounds: Record<Weather, Round[]> = {
    "it is well": [],
    "it answers 503": [],
    "it hangs": [],
  };
  try {
    await Promise.all([ofDelbank(), ofAvibra()]);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [weather, fault] of Object.entries(WEATHERS) as [Weather, (typeof WEATHERS)[Weather]][]) {
        if (fault) await avibra.fault({ ...fault, match: { path: "/user/benefits" }, times: 1_000_000 });
        await avibra.forget();
        const [delbank, other] = await Promise.all([ofDelbank(), ofAvibra()]);
        const attempts = (await avibra.requests("/user/benefits")).length;
        const { p50, p99 } = delbank.latency;
        if (delbank.non2xx + delbank.errors + delbank.timeouts > 0)
          throw new Error(`reads of Delbank failed: ${JSON.stringify(delbank)}`);
        rounds[weather].push({ p50, p99, asked: other["2xx"], attempts });
        await avibra.clearFaults();
        await sleep(2 * TIMEOUT_MS); // what still hangs fails, and would count against the next round
        await eventually(isWell);
      }
    }
  } finally {
    await subgraph.stop();
    await sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  }

  const of = (weather: Weather, name: keyof Round) => rounds[weather].map((round) => round[name]);
  const best = (weather: Weather) => Math.min(...of(weather, "p99"));
  console.log(
    `\nstorm: reads of Delbank while Avibra is read as often, ${PER_SECOND}/s each; ${ROUNDS} rounds of ${ROUND_SECONDS} s in turn`,
  );
  // The best round is the one that the rest of the machine disturbed least.
  console.log(row("Avibra", "p50 ms", "p99 ms", "best p99 ms", "of calm", "Avibra asked", "attempts"));
  for (const weather of Object.keys(WEATHERS) as Weather[]) {
    const at = (name: keyof Round) => median(of(weather, name)).toFixed(0);
    const ratio = `${(best(weather) / best("it is well")).toFixed(2)} x`;
    console.log(row(weather, at("p50"), at("p99"), best(weather).toFixed(0), ratio, at("asked"), at("attempts")));
  }
}
