import { type ConfigGroups } from "./environment";
import { MIN_ATTEMPT_MS } from "../platform/http/client/retry-delay";

/** Values that are valid on their own but not together, or not with a constant of the program. One line each. */
export function findContradictions({ server, operations, limits }: ConfigGroups): string[] {
  const problems: string[] = [];
  if (server.requestTimeoutMs <= MIN_ATTEMPT_MS) {
    problems.push(`REQUEST_TIMEOUT_MS: must be more than ${MIN_ATTEMPT_MS}, or no mutation could be started`);
  }
  if (operations.leaseMs <= server.requestTimeoutMs) {
    problems.push("OPERATION_LEASE_MS: must be longer than REQUEST_TIMEOUT_MS");
  }
  if (limits.transport.totalBodyBytes < limits.transport.bodyBytes) {
    problems.push("LIMIT_BODIES_BYTES: must be at least LIMIT_BODY_BYTES");
  }
  return problems;
}

/** Limits that another limit makes ineffective. Warnings, one line each: lowering only LIMIT_CONNECTIONS must not stop the start. */
export function findIneffectiveLimits({ limits: { transport, subscriptions } }: ConfigGroups): string[] {
  const warnings: string[] = [];
  if (transport.connectionsPerAddress > transport.connections) {
    warnings.push("LIMIT_CONNECTIONS_PER_ADDRESS: is more than LIMIT_CONNECTIONS and has no effect");
  }
  if (subscriptions.webSockets >= transport.connections) {
    warnings.push("LIMIT_WEBSOCKETS: is not less than LIMIT_CONNECTIONS, so WebSockets can take every connection");
  }
  return warnings;
}

/** The central bank's timing manual, quoted by an integrator: from the request of a cancellation to its answer. */
const MAX_ANSWER_MS = 12 * 3_600_000;

/** Windows that are valid and too short, for example a value that was set for an earlier release. Warnings, one line each. */
export function findShortWindows({ operations }: ConfigGroups): string[] {
  return operations.confirmationWindowMs < MAX_ANSWER_MS
    ? ["CONFIRMATION_WINDOW_MS: is less than 12 h, so a cancellation may need attention before its answer can be known"]
    : [];
}
