import { type Environment } from "./environment";
import { MIN_ATTEMPT_MS } from "../platform/http/client/retry-delay";

/** Values that are valid by themselves but not together, or not for every operation; a line each. */
export function findContradictions(values: Environment): string[] {
  const problems: string[] = [];
  if (values.OPERATION_TIMEOUT_MS <= MIN_ATTEMPT_MS) {
    problems.push(`OPERATION_TIMEOUT_MS: must be more than ${MIN_ATTEMPT_MS}, or no mutation could be started`);
  }
  if (values.OPERATION_LEASE_MS <= values.OPERATION_TIMEOUT_MS) {
    problems.push("OPERATION_LEASE_MS: must be longer than OPERATION_TIMEOUT_MS");
  }
  if (values.LIMIT_BODIES_BYTES < values.LIMIT_BODY_BYTES) {
    problems.push("LIMIT_BODIES_BYTES: must be at least LIMIT_BODY_BYTES");
  }
  return problems;
}

/** Limits that another limit makes useless; a line each. Who lowers LIMIT_CONNECTIONS only can still start. */
export function findIneffectiveLimits(values: Environment): string[] {
  const warnings: string[] = [];
  if (values.LIMIT_CONNECTIONS_PER_ADDRESS > values.LIMIT_CONNECTIONS) {
    warnings.push("LIMIT_CONNECTIONS_PER_ADDRESS: is more than LIMIT_CONNECTIONS and has no effect");
  }
  if (values.LIMIT_WEBSOCKETS >= values.LIMIT_CONNECTIONS) {
    warnings.push("LIMIT_WEBSOCKETS: is not less than LIMIT_CONNECTIONS, so WebSockets can take every connection");
  }
  return warnings;
}
