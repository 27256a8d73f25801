import { ProviderFailure } from "../../../src/platform/http/client/provider-failure";
import { type Repeat } from "../../../src/platform/http/client/endpoint-call";
import {
  type PerformContext,
  type OperationHandler,
  type OperationHandlers,
  type Outcome,
} from "../../../src/platform/operations/operation-handler";
import { createOperationRunner } from "../../../src/platform/operations/operation-runner";
import { createOperationWorker } from "../../../src/platform/operations/operation-worker";
import { type ReportedOperation } from "../../../src/platform/operations/operation";
import { type RecoveryWindows } from "../../../src/platform/operations/recovery-windows";
import { createReconciler } from "../../../src/platform/operations/reconciler";
import { createLogger } from "../../../src/platform/observability/logger";
import { createDeadline } from "../../../src/platform/kernel/deadline";
import { createLatencyEstimate } from "../../../src/platform/kernel/latency-estimate";
import { monotonicClockFrom, wallClockFrom } from "../clocks";
import { LEASE_MS, createMigratedStore, type OpenStore, START_MS } from "./test-store";

export const OPERATION_TIMEOUT_MS = 8_000;
// The defaults of the program.
export const SEND_WINDOW_MS = 900_000;
export const CONFIRMATION_WINDOW_MS = 46_800_000;
export const ATTENTION_WINDOW_MS = 604_800_000;
export const KEYED_WINDOW_MS = 72_000_000;
export const WINDOWS: RecoveryWindows = {
  sendMs: SEND_WINDOW_MS,
  confirmationMs: CONFIRMATION_WINDOW_MS,
  attentionMs: ATTENTION_WINDOW_MS,
  keyedMs: KEYED_WINDOW_MS,
};

type ProviderFailureInfo = ConstructorParameters<typeof ProviderFailure>[0];

/** A provider's failure of some kind. */
export function createProviderFailure(
  kind: ProviderFailureInfo["kind"],
  more: Partial<ProviderFailureInfo> = {},
): ProviderFailure {
  return new ProviderFailure({ kind, call: "scripted.call", reason: "scripted", ...more });
}

/** A kind of operation with a scripted provider: each call throws or returns the next entry, then the last one again. */
export function createScriptedKind(
  kind: string,
  repeat: Repeat,
  script: {
    readonly perform?: readonly (Outcome | Error)[];
    readonly confirm?: readonly (Outcome | undefined | Error)[];
    readonly prepare?: readonly (Error | undefined)[];
  },
) {
  const calls: { readonly what: "prepare" | "perform" | "confirm"; readonly key?: string }[] = [];
  const rejections: boolean[] = [];
  function nextResult<Result>(
    list: readonly (Result | Error)[],
    what: "prepare" | "perform" | "confirm",
    key?: string,
  ) {
    const callCount = calls.filter((call) => call.what === what).length;
    calls.push({ what, ...(key !== undefined && { key }) });
    const outcome = list[Math.min(callCount, list.length - 1)] as Result | Error;
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  }
  const handler: OperationHandler<unknown> = {
    provider: "scripted",
    repeat,
    perform: (_input: unknown, { idempotencyKey }: PerformContext) =>
      nextResult<Outcome>(script.perform ?? [{ status: "SUCCEEDED" }], "perform", idempotencyKey),
    onRejection(rejection, isRetry) {
      rejections.push(isRetry);
      const isDone = isRetry && rejection.status === 409;
      const reason = { code: "REFUSED", message: "No.", retryable: false };
      return isDone ? { status: "SUCCEEDED" } : { status: "FAILED", failure: reason };
    },
    ...(script.confirm && { confirm: () => nextResult<Outcome | undefined>(script.confirm ?? [], "confirm") }),
    ...(script.prepare && { prepare: () => nextResult<undefined>(script.prepare as (Error | undefined)[], "prepare") }),
  };
  return {
    handler,
    handlers: { [kind]: handler },
    calls,
    rejections,
    count: (what: string) => calls.filter((call) => call.what === what).length,
  };
}

/** An operation store, in memory by default, with a runner and a reconciler, with a clock that the test moves. */
export async function createControlledStore(
  handlers: OperationHandlers,
  openStore: OpenStore | string = "sqlite::memory:",
) {
  const { store, database } = typeof openStore === "string" ? await createMigratedStore(openStore) : openStore;
  let now = START_MS;
  const clock = wallClockFrom(() => now);
  const monotonic = monotonicClockFrom(() => now);
  const sleeps: number[] = [];
  const logs: string[] = [];
  const sleep = (ms: number) => {
    sleeps.push(ms);
    now += ms;
    return Promise.resolve();
  };
  const executed: ReportedOperation[] = [];
  const afterExecution = (operation: ReportedOperation) => void executed.push(operation);
  const worker = createOperationWorker({
    operationStore: store,
    handlers,
    windows: WINDOWS,
    clock,
    random: () => 0.5,
    sleep,
    afterExecution,
  });
  const common = { operationStore: store, worker, clock, owner: "one", leaseMs: LEASE_MS };
  const runner = createOperationRunner({ ...common, sleep, latencyEstimate: createLatencyEstimate() });
  const reconciler = createReconciler({
    ...common,
    handlers,
    afterExecution,
    monotonic,
    logger: createLogger("info", { write: (line) => void logs.push(line) }),
    owner: "two",
    executionTimeoutMs: OPERATION_TIMEOUT_MS,
    windows: WINDOWS,
    random: () => 0.5,
    intervalMs: 1000,
  });
  return {
    store,
    database,
    worker,
    runner,
    reconciler,
    sleeps,
    logs,
    /** What `afterExecution` was called with. */
    executed,
    monotonic,
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
    run: (kind: string, idempotencyKey = "key-1") =>
      runner.run({
        kind,
        recurrenceId: "thing",
        principal: "principal-1",
        idempotencyKey,
        input: { of: kind },
        deadline: createDeadline(monotonic, OPERATION_TIMEOUT_MS),
      }),
    /** Advances the clock in steps, and polls after each. */
    async advanceAndPoll(ms: number, stepMs = 1000) {
      for (const endsAt = now + ms; now < endsAt;) {
        now += Math.min(stepMs, endsAt - now);
        await reconciler.pollOnce();
      }
    },
  };
}
