import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";
import { createControl } from "../support/control";
import { median, row } from "./figures";
import { startSandboxProcess } from "./sandbox-process";
import { startSubgraphProcess } from "./subgraph-process";

const ROUNDS = 5;
const ROUND_SECONDS = 4;
const PER_SECOND = 150;
const CONNECTIONS = 10;
const OPEN_MS = 1000;
const RECURRENCES = ["RR0435879820240605njua7shf40o", "RR3822485720260110legalpay001", "RN3822485720260110pending0001"];

/** What befalls Avibra, for as long as a round takes. */
const WEATHERS = {
  "it is well": undefined,
  "it answers 503": { kind: "status", status: 503 },
  "it hangs": { kind: "hangBeforeCommit" },
} as const;
type Weather = keyof typeof WEATHERS;

/** What one provider's readers notice of the other one's trouble: Delbank's times while Avibra is asked as often. */
export async function storm(): Promise<void> {
  const sandbox = await startSandboxProcess();
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  // Every read reaches its provider: nothing is kept, and nobody asks for the same as another one.
  const environment = {
    ...sandbox.environment,
    READ_CACHE_MS: "0",
    AVIBRA_TIMEOUT_MS: "1000",
    BREAKER_OPEN_MS: `${OPEN_MS}`,
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
      method: "POST",
      connections: CONNECTIONS,
      duration: ROUND_SECONDS,
      overallRate: PER_SECOND,
      requests: queries.map((query) => ({ body: JSON.stringify({ query }) })),
      setupClient(client) {
        const authorization = `Bearer ${waiting.next().value ?? ""}`;
        client.setHeaders({ "content-type": "application/json", authorization });
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

  const closeBreaker = async () => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${tokens[0] ?? ""}` };
    const body = JSON.stringify({ query: '{ user(id: "s-0") { currentOffer { status } } }' });
    const answer = await fetch(subgraph.url, { method: "POST", headers, body });
    if ("errors" in ((await answer.json()) as object)) throw new Error("Avibra is not well again");
  };

  const rounds: Record<Weather, { p50: number; p99: number; offered: number; attempts: number }[]> = {
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
        rounds[weather].push({ p50, p99, offered: other["2xx"], attempts });
        await avibra.clearFaults();
        await sleep(OPEN_MS);
        await closeBreaker();
      }
    }
  } finally {
    await subgraph.stop();
    await sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  }

  const calm = rounds["it is well"];
  const figure = (weather: Weather, name: "p50" | "p99" | "offered" | "attempts") =>
    median(rounds[weather].map((round) => round[name]));
  console.log(
    `\nstorm: reads of Delbank while Avibra is read as often, ${PER_SECOND}/s each; ${ROUNDS} rounds of ${ROUND_SECONDS} s in turn, medians`,
  );
  console.log(row("Avibra", "p50 ms", "p99 ms", "p99 of calm", "Avibra asked", "attempts"));
  for (const weather of Object.keys(WEATHERS) as Weather[]) {
    const ratio = median(rounds[weather].map(({ p99 }, index) => p99 / (calm[index]?.p99 ?? NaN)));
    const at = (name: "p50" | "p99" | "offered" | "attempts") => figure(weather, name).toFixed(0);
    console.log(row(weather, at("p50"), at("p99"), `${ratio.toFixed(2)} x`, at("offered"), at("attempts")));
  }
}
