import { type Operator, type ProviderReading } from "../../app/operator";
import { type OperationsConfig } from "../../config/variables/operations";
import { type Clock } from "../../platform/kernel/clock";
import { type Operation } from "../../platform/operations/operation";
import { type SeenOperation } from "../../platform/operations/operator-store";
import { CommandFailure, type CommandResult, EXIT } from "./exit-code";
import { type Recovery, toProcess } from "./next-step";
import { toTime } from "./output";

/** What each command uses. */
export interface CommandContext {
  readonly operator: Operator;
  readonly config: OperationsConfig;
  readonly clock: Clock;
}

/** Throws CommandFailure if there is no such operation. */
export async function findOrFail({ operator, clock }: CommandContext, id: string): Promise<SeenOperation> {
  const seen = await operator.operations.find(id, clock.now());
  if (!seen)
    throw new CommandFailure(EXIT.failed, "No operation has this id. With the id of a request: list --request.");
  return seen;
}

export function describeRecovery({ operator, config }: CommandContext, { kind }: Operation): Recovery {
  const isReadForOutcome = (operator.handlers[kind]?.repeat ?? "once") === "once";
  return {
    sendMs: config.sendWindowMs,
    undecidedMs: isReadForOutcome ? config.confirmationWindowMs : config.keyedWindowMs,
    isReadForOutcome,
  };
}

export const describeReading = (reading: ProviderReading) =>
  reading.isRead ? reading.view.summary : `not read: ${reading.reason}`;

/** The result of a command about one operation: as it is now, what happened, and what the provider showed. */
export function report(
  exitCode: CommandResult["exitCode"],
  { id, status }: Operation,
  { message, provider }: { readonly message: string; readonly provider?: ProviderReading },
): CommandResult {
  const providerText = provider && describeReading(provider);
  return {
    exitCode,
    text: providerText === undefined ? message : `Provider: ${providerText}\n${message}`,
    json: { id, status, message, ...(providerText !== undefined && { provider: providerText }) },
  };
}

export function reportLeased({ operation, lease }: SeenOperation): CommandResult {
  const holder = lease ? `${toProcess(lease.owner)}, until ${toTime(lease.until)} at the latest` : "a process";
  return report(EXIT.leased, operation, {
    message: `Nothing was changed: the operation is executed now by ${holder}.`,
  });
}
