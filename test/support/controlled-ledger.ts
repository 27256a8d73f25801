import { ProviderFailure } from "../../src/platform/http-client/provider-failure";
import { type Repeat } from "../../src/platform/http-client/provider-call";
import { type Attempt, type OperationKind, type Outcome } from "../../src/platform/ledger/operation-kind";
import { createOperationRunner } from "../../src/platform/ledger/operation-runner";
import { createOperationWorker } from "../../src/platform/ledger/operation-worker";
import { type Operation } from "../../src/platform/ledger/operation.type";
import { createReconciler } from "../../src/platform/ledger/reconciler";
import { createLogger } from "../../src/platform/telemetry/logger";
import { createDeadline } from "../../src/platform/time/deadline";
import { createUsualTime } from "../../src/platform/time/usual-time";
import { monotonicFrom, wallFrom } from "./clocks";
import { LEASE_MS, migratedLedger, type OpenLedger, T0 } from "./ledgers";

export const OPERATION_TIMEOUT_MS = 8_000;
export const CONFIRMATION_WINDOW_MS = 900_000;
export const KEYED_WINDOW_MS = 72_000_000;

type Circumstances = ConstructorParameters<typeof ProviderFailure>[0];

/** A provider's failure of some kind. */
export function failure(kind: Circumstances["kind"], more: Partial<Circumstances> = {}): ProviderFailure {
  return new ProviderFailure({ kind, call: "scripted.call", reason: "scripted", ...more });
}

/** A kind whose provider does what the script says: each entry is thrown or answered, the last one again and again. */
export function scriptedKind(
  kind: string,
  repeat: Repeat,
  script: {
    readonly perform?: readonly (Outcome | Error)[];
    readonly confirm?: readonly (Outcome | undefined | Error)[];
    readonly prepare?: readonly (Error | undefined)[];
  },
) {
  const calls: { readonly what: "prepare" | "perform" | "confirm"; readonly key?: string }[] = [];
  const refusals: boolean[] = [];
  function next<Answer>(list: readonly (Answer | Error)[], what: "prepare" | "perform" | "confirm", key?: string) {
    const turn = calls.filter((call) => call.what === what).length;
    calls.push({ what, ...(key !== undefined && { key }) });
    const answer = list[Math.min(turn, list.length - 1)] as Answer | Error;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
  const operationKind: OperationKind<never> = {
    kind,
    provider: "scripted",
    repeat,
    perform: (_input: unknown, { idempotencyKey }: Attempt) =>
      next<Outcome>(script.perform ?? [{ status: "SUCCEEDED" }], "perform", idempotencyKey),
    onRefusal(refused, isRepeat) {
      refusals.push(isRepeat);
      const isDone = isRepeat && refused.status === 409;
      const reason = { code: "REFUSED", message: "No.", retryable: false };
      return isDone ? { status: "SUCCEEDED" } : { status: "FAILED", failure: reason };
    },
    ...(script.confirm && { confirm: () => next<Outcome | undefined>(script.confirm ?? [], "confirm") }),
    ...(script.prepare && { prepare: () => next<undefined>(script.prepare as (Error | undefined)[], "prepare") }),
  };
  return { operationKind, calls, refusals, count: (what: string) => calls.filter((call) => call.what === what).length };
}

/** A ledger, in memory by default, with its runner and reconciler, on a clock that moves only when it is told to. */
export async function controlledLedger(
  kinds: readonly OperationKind<never>[],
  opened: OpenLedger | string = "sqlite::memory:",
) {
  const { ledger, database } = typeof opened === "string" ? await migratedLedger(opened) : opened;
  let now = T0;
  const clock = wallFrom(() => now);
  const monotonic = monotonicFrom(() => now);
  const slept: number[] = [];
  const logs: string[] = [];
  const sleep = (ms: number) => {
    slept.push(ms);
    now += ms;
    return Promise.resolve();
  };
  const worked: Operation[] = [];
  const onWorked = (operation: Operation) => void worked.push(operation);
  const worker = createOperationWorker({ ledger, kinds, clock, random: () => 0.5, sleep, onWorked });
  const common = { ledger, worker, clock, owner: "one", leaseMs: LEASE_MS };
  const runner = createOperationRunner({ ...common, sleep, usualTime: createUsualTime() });
  const reconciler = createReconciler({
    ...common,
    kinds,
    onWorked,
    monotonic,
    logger: createLogger("info", { write: (line) => void logs.push(line) }),
    owner: "two",
    operationTimeoutMs: OPERATION_TIMEOUT_MS,
    confirmationWindowMs: CONFIRMATION_WINDOW_MS,
    keyedWindowMs: KEYED_WINDOW_MS,
    intervalMs: 1000,
  });
  return {
    ledger,
    database,
    worker,
    runner,
    reconciler,
    slept,
    logs,
    /** What `onWorked` was called with. */
    worked,
    monotonic,
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
    run: (kind: string, idempotencyKey = "key-1") =>
      runner.run({
        kind,
        target: "thing",
        principal: "principal-1",
        idempotencyKey,
        input: { of: kind },
        deadline: createDeadline(monotonic, OPERATION_TIMEOUT_MS),
      }),
    /** Lets time pass in small steps, the reconciler looking at each. */
    async pass(ms: number, stepMs = 1000) {
      for (const endsAt = now + ms; now < endsAt;) {
        now += Math.min(stepMs, endsAt - now);
        await reconciler.runOnce();
      }
    },
  };
}
