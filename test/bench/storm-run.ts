import { setTimeout as sleep } from "node:timers/promises";
import { createSandboxControl } from "../kit/sandbox-control";
import { openSockets, residentMb } from "./figures";
import { runAtRate } from "./constant-rate";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess } from "./subgraph-process";
import { createTempDirectory } from "../kit/temp";

/** Little enough that the machine is mostly idle: what is to be seen is waiting, not work. */
export const PACE = { perSecond: 60, seconds: 3 };
/** A circuit breaker's pause: so often one call is let through to see. */
export const PROBE_MS = 500;
const TIMEOUT_MS = 300;
/** By then the breaker has opened. */
const SETTLED_SECONDS = 1;

/** What befalls Avibra, for as long as a round takes. Twice well: how far two equal rows lie apart is what this machine can tell. */
export const WEATHERS = {
  "it is well": undefined,
  "it is well, once more": undefined,
  "it answers 503": { kind: "status", status: 503 },
  "it hangs": { kind: "hangBeforeCommit" },
} as const;
export type Weather = keyof typeof WEATHERS;

export interface Round {
  /** How long each read of Delbank's took. */
  readonly delbankMs: readonly number[];
  /** How long each read of Avibra's took that was begun once the breaker had opened. */
  readonly avibraMs: readonly number[];
  /** Calls that Avibra received. */
  readonly attempts: number;
  /** From its being well again to the first good answer. */
  readonly recoveredMs: number;
  readonly residentMb: number;
  readonly sockets: number;
}

async function startStormEnvironment() {
  const sandbox = await startSandboxProgram({ extraAuthorizations: PACE.perSecond * PACE.seconds });
  const { path: directory, remove: removeDirectory } = createTempDirectory("bench");
  // Every read reaches its provider: nothing is kept, and nobody asks for the same as another one.
  const environment = {
    ...sandbox.environment,
    READ_CACHE_MS: "0",
    AVIBRA_TIMEOUT_MS: `${TIMEOUT_MS}`,
    BREAKER_OPEN_MS: `${PROBE_MS}`,
    LOG_LEVEL: "error",
  };
  const subgraph = await startSubgraphProcess(environment, directory);
  const token = await subgraph.tokenOf({ sub: "reader", scope: "pix:read:any users:read:any" });
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  return {
    ...{ subgraph, avibra: createSandboxControl(sandbox.avibra.url) },
    /** Asks, and tells whether it was answered without errors, and how long that took. */
    sendQuery: async (query: string) => {
      const startedAt = performance.now();
      const response = await fetch(subgraph.url, { method: "POST", headers, body: JSON.stringify({ query }) });
      const isWell = !("errors" in ((await response.json()) as object));
      return { isWell, durationMs: performance.now() - startedAt };
    },
    async stop() {
      await subgraph.stop();
      await sandbox.close();
      removeDirectory();
    },
  };
}
const ofAuthorization = (number: number) =>
  `{ pixAuthorization(recurrenceId: "RR3822485720260110more${`${number}`.padStart(7, "0")}") { status } }`;
const ofUser = (id: string) => `{ user(id: "${id}") { currentOffer { status } } }`;

/** Delbank's readers while Avibra is asked as often, in every weather in turn. */
export async function runStorm(rounds: number) {
  const stormEnvironment = await startStormEnvironment();
  const { subgraph, avibra, sendQuery } = stormEnvironment;
  const ofDelbank = () => runAtRate(PACE, (index) => sendQuery(ofAuthorization(index + 1)));
  const ofAvibra = () => runAtRate(PACE, (index) => sendQuery(ofUser(`s-${index + 1}`)));

  async function untilWell(): Promise<number> {
    const startedAt = performance.now();
    while (!(await sendQuery(ofUser("s-0"))).isWell) await sleep(10);
    return performance.now() - startedAt;
  }

  async function play(weather: Weather): Promise<Round> {
    const fault = WEATHERS[weather];
    if (fault) await avibra.addFault({ ...fault, match: { path: "/user/benefits" }, times: 1_000_000 });
    await avibra.clearRequests();
    const [delbank, members] = await Promise.all([ofDelbank(), ofAvibra()]);
    if (!delbank.every(({ isWell }) => isWell)) throw new Error(`reads of Delbank failed while of Avibra ${weather}`);
    const attempts = (await avibra.requests("/user/benefits")).length;
    const heldRequests = { residentMb: residentMb(subgraph.pid), sockets: openSockets(subgraph.pid) };
    await avibra.clearFaults();
    const recoveredMs = await untilWell();
    await sleep(2 * TIMEOUT_MS); // what still hangs fails, and would count against the next round
    await untilWell();
    return {
      delbankMs: delbank.map(({ durationMs }) => durationMs),
      avibraMs: members.slice(SETTLED_SECONDS * PACE.perSecond).map(({ durationMs }) => durationMs),
      ...{ attempts, recoveredMs, ...heldRequests },
    };
  }

  try {
    await Promise.all([ofDelbank(), ofAvibra()]);
    const played = new Map<Weather, Round[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const weather of Object.keys(WEATHERS) as Weather[]) {
        played.set(weather, [...(played.get(weather) ?? []), await play(weather)]);
      }
    }
    return played;
  } finally {
    await stormEnvironment.stop();
  }
}
