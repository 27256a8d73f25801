import { type Lease } from "../database/due-rows";
import { type Clock } from "../time/clock";
import { type Deadline } from "../time/deadline";
import { OutcomeNotRecorded } from "./ledger.errors";
import { type Ledger } from "./ledger.store";
import { type OperationKind, type Preparation } from "./operation-kind";
import { type Operation, type OperationFailure } from "./operation.type";

/** Why an operation is not sent now. `busyWith` is absent if the other operation has just ended. */
export type NotSent =
  | { readonly reason: "refused"; readonly failure: OperationFailure }
  | { readonly reason: "busy"; readonly busyWith?: Operation }
  | { readonly reason: "noTime"; readonly busyWith?: undefined };

export interface Unsent {
  readonly operation: Operation;
  readonly lease: Lease;
  readonly input: unknown;
  readonly deadline: Deadline;
  /** With less time left than this, in ms, it is not sent. */
  readonly leastMs?: number;
}

/** How often an operation is prepared: again if another one came between its look and its hold. */
const MAX_LOOKS = 2;

function targetOf({ id, target }: Operation): string {
  if (target === null) throw new Error(`operation ${id} is of an exclusive kind and has no target`);
  return target;
}

/** Needs no lease: proof of a success counts wherever it comes from. Throws DatabaseUnavailable. */
async function settleProven(
  ledger: Ledger,
  { proven, result }: Extract<Preparation, { readonly verdict: "settle" }>,
  now: number,
): Promise<void> {
  try {
    await ledger.settle(proven.id, { status: "SUCCEEDED", result }, now);
  } catch (error) {
    throw error instanceof OutcomeNotRecorded ? error.cause : error; // nothing of the asking operation is open
  }
}

/**
 * Asks our own store, then the provider, then takes the hold, which asks our own store once more. Returns undefined if the
 * operation may be sent. Throws ProviderFailure if the provider cannot be asked.
 */
export async function prepareToSend(
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
  kind: OperationKind<unknown>,
  { operation, lease, input, deadline, leastMs = 0 }: Unsent,
): Promise<NotSent | undefined> {
  const on = kind.isExclusive ? { kind: kind.kind, target: targetOf(operation) } : undefined;
  for (let looks = 1; ; looks += 1) {
    const earlier = on ? await ledger.earlier({ ...on, id: operation.id }) : [];
    const prepared = await kind.prepare?.(input, { deadline, earlier, now: clock.now() });
    if (prepared?.verdict === "refuse") return { reason: "refused", failure: prepared.failure };
    if (prepared?.verdict === "wait") return { reason: "busy", busyWith: prepared.behind };
    if (prepared?.verdict === "settle") {
      if (looks > MAX_LOOKS) return { reason: "busy", busyWith: prepared.proven };
      await settleProven(ledger, prepared, clock.now());
      continue;
    }
    if (deadline.remainingMs() < leastMs) return { reason: "noTime" };
    const { superseded = [], baseline } = prepared ?? {};
    if (!on || (await ledger.hold(operation.id, lease, { ...on, superseded, baseline }))) return undefined;
    if (looks >= MAX_LOOKS) return { reason: "busy" };
  }
}
