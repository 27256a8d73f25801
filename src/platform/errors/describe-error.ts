import { ProviderFailure } from "../http-client/provider-failure";
import { SubgraphError } from "./subgraph-error";

const codeOf = (error: Error) => (error as { code?: unknown }).code;

/** An error as flat fields for the log: names, codes and a stack, never a message or body that another party wrote. */
export function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof ProviderFailure) {
    const { code, kind, call, reason, status } = error;
    return { code, kind, call, reason, status };
  }
  if (error instanceof SubgraphError) {
    return { code: error.code, ...(error.cause !== undefined && { cause: describeError(error.cause) }) };
  }
  if (!(error instanceof Error)) return { thrown: typeof error };
  // A foreign error's message may quote input; its stack's frames cannot.
  const frames = error.stack?.split("\n").filter((line) => line.startsWith("    at "));
  const cause = error.cause instanceof Error ? { cause: { error: error.cause.name, code: codeOf(error.cause) } } : {};
  return { error: error.name, code: codeOf(error), ...cause, stack: frames?.slice(0, 12).join("\n") };
}
