import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createProviders } from "../../src/app/providers";
import { loadConfig } from "../../src/config/index";
import { createAccountHandlers } from "../../src/features/user";
import { type OperationHandlers } from "../../src/platform/operations/operation-handler";
import { createOperationRunner, type RunResult } from "../../src/platform/operations/operation-runner";
import { createOperationWorker } from "../../src/platform/operations/operation-worker";
import { createLatencyEstimate } from "../../src/platform/kernel/latency-estimate";
import { systemClock } from "../../src/platform/kernel/clock";
import { monotonicClock } from "../../src/platform/kernel/monotonic-clock";
import { createDeadline } from "../../src/platform/kernel/deadline";
import { startDatabases } from "../kit/start/databases";
import { WINDOWS } from "../kit/operations/controlled-store";
import { createMigratedStore } from "../kit/operations/test-store";
import { median, quantile, row, timed } from "./figures";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { createTempDirectory } from "../kit/temp";

const WARM_UP = 100;
const SAMPLES = 500;
const SYNCED_BYTES = 4096; // a page of the write-ahead log
const KIND = "UPDATE_USER";
const PROFILE = { userId: "u-1002", firstName: "Bruno", lastName: "Lima", email: "bruno.lima@example.com" };

const deadline = () => createDeadline(monotonicClock, 10_000);

/** An operation store on that database, as the program has it, and a mutation through it. */
async function openRunner(url: string, handlers: OperationHandlers) {
  const { store, database } = await createMigratedStore(url);
  const worker = createOperationWorker({
    operationStore: store,
    handlers,
    windows: WINDOWS,
    clock: systemClock,
    random: Math.random,
    sleep,
  });
  const runner = createOperationRunner({
    operationStore: store,
    worker,
    clock: systemClock,
    sleep,
    owner: "bench",
    leaseMs: 15_000,
    latencyEstimate: createLatencyEstimate(),
  });
  async function run(idempotencyKey: string, outcome: RunResult["outcome"]): Promise<void> {
    const request = { kind: KIND, principal: "bench", idempotencyKey, input: PROFILE, userId: PROFILE.userId };
    const result = await runner.run({ ...request, deadline: deadline() });
    const isGood = result.outcome === outcome && "operation" in result && result.operation.status === "SUCCEEDED";
    if (!isGood) throw new Error(`a mutation ended as ${JSON.stringify(result)}`);
  }
  return { run, close: () => database.close() };
}

/** What a mutation costs beyond the provider's answer: claimed, marked as sent, settled, each durable before the next step. */
export async function benchmarkOperationStore(): Promise<void> {
  const [sandbox, databases] = await Promise.all([startSandboxProgram(), startDatabases()]);
  const config = loadConfig(sandbox.environment);
  const { avibra, close: closeProviders } = createProviders(
    { ...config, calls: config.providerCalls, maxBodyBytes: config.limits.execution.providerBodyBytes },
    { observer: { onAttemptSend: () => undefined, onAttemptEnd: () => undefined } },
  );
  const bare = createAccountHandlers(avibra).update;
  const handlers = { [KIND]: bare };
  const sqlite = await openRunner(await databases.createDatabase("sqlite"), handlers);
  const postgres = await openRunner(await databases.createDatabase("postgres"), handlers);
  const { path: folder, remove: removeFolder } = createTempDirectory("bench");
  const file = openSync(join(folder, "synced"), "a");
  const page = Buffer.alloc(SYNCED_BYTES, "x");

  const took = { synced: [], bare: [], sqlite: [], postgres: [], sqliteReplay: [], postgresReplay: [] } as Record<
    string,
    number[]
  >;
  const measures: Record<string, (key: string) => unknown> = {
    synced: () => {
      writeSync(file, page);
      fsyncSync(file);
    },
    bare: (key) => bare.perform(PROFILE, { idempotencyKey: key, attempt: 1, deadline: deadline() }),
    sqlite: (key) => sqlite.run(key, "done"),
    postgres: (key) => postgres.run(key, "done"),
    sqliteReplay: (key) => sqlite.run(key, "replay"),
    postgresReplay: (key) => postgres.run(key, "replay"),
  };
  try {
    // One after the other within each sample, so that a slow moment of the machine meets them all.
    for (let sample = 0; sample < WARM_UP + SAMPLES; sample += 1) {
      const key = randomUUID();
      for (const [name, measure] of Object.entries(measures)) {
        const ms = await timed(() => measure(key));
        if (sample >= WARM_UP) took[name]?.push(ms);
      }
    }
  } finally {
    closeSync(file);
    removeFolder();
    await Promise.all([sqlite.close(), postgres.close(), closeProviders()]);
    await Promise.all([databases.stop(), sandbox.close()]);
  }

  const of = (name: string) => took[name] ?? [];
  const [synced, provider] = [median(of("synced")), median(of("bare"))];
  const ms = (value: number) => `${value.toFixed(3)} ms`;
  console.log(`\noperations: one mutation (updateUser) at a time, ${SAMPLES} samples, all in turn within each`);
  console.log(row("", "median", "p95", "added", "in synced writes"));
  console.log(row("one synced write (4 KiB append, fsync)", ms(synced), ms(quantile(of("synced"), 0.95)), "", "1.0"));
  console.log(row("the provider call alone", ms(provider), ms(quantile(of("bare"), 0.95))));
  for (const [name, label] of [
    ["sqlite", "through the operation store, SQLite"],
    ["postgres", "through the operation store, PostgreSQL"],
  ] as const) {
    const added = median(of(name)) - provider;
    const figures = [ms(median(of(name))), ms(quantile(of(name), 0.95)), ms(added), (added / synced).toFixed(1)];
    console.log(row(label, ...figures));
  }
  console.log(
    row("the same key again, SQLite", ms(median(of("sqliteReplay"))), ms(quantile(of("sqliteReplay"), 0.95))),
  );
  console.log(
    row("the same key again, PostgreSQL", ms(median(of("postgresReplay"))), ms(quantile(of("postgresReplay"), 0.95))),
  );
}
