import { type Operation } from "../../platform/operations/operation";
import { type SeenOperation } from "../../platform/operations/operator-store";
import { type CommandResult, EXIT } from "../exit-code";
import { toProcess } from "./next-step";
import { toTime } from "../formatting";
import { describeReading, type ProviderReading } from "./provider-reading";

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
