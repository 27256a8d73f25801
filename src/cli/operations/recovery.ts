import { type Operation } from "../../platform/operations/operation";
import { type CommandContext } from "./command-context";

/** The windows in which the reconciler acts by itself, in ms, and what it does with the kind of the operation. */
export interface Recovery {
  readonly sendMs: number;
  /** From the sending to `NEEDS_ATTENTION`. */
  readonly undecidedMs: number;
  readonly isReadForOutcome: boolean;
}

export function describeRecovery({ operator, config }: CommandContext, { kind }: Operation): Recovery {
  const isReadForOutcome = (operator.handlers[kind]?.repeat ?? "once") === "once";
  return {
    sendMs: config.sendWindowMs,
    undecidedMs: isReadForOutcome ? config.confirmationWindowMs : config.keyedWindowMs,
    isReadForOutcome,
  };
}

/** When an operation without a known outcome becomes `NEEDS_ATTENTION` (epoch ms). */
export const undecidedUntil = ({ sentAt, createdAt }: Operation, { undecidedMs }: Recovery) =>
  (sentAt ?? createdAt) + undecidedMs;
