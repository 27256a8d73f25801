import { ERROR_CODES } from "../src/platform/errors/subgraph-error";
import { ERROR_GUIDE, PROTOCOL_ERROR_GUIDE } from "../src/playground/reference/error-guide";
import { formatTable } from "./docs-format";

/** The codes that the subgraph sets. */
export function renderErrorTable(): string {
  const rows = Object.entries(ERROR_GUIDE).map(([code, { when, whatToDo }]) => {
    const { message, retryable } = ERROR_CODES[code as keyof typeof ERROR_CODES];
    return [`\`${code}\``, message, retryable ? "yes" : "no", when, whatToDo];
  });
  return formatTable(["code", "message", "retryable", "when", "what to do"], rows);
}

/** The codes of requests that are rejected before execution. */
export function renderProtocolErrorTable(): string {
  const rows = Object.entries(PROTOCOL_ERROR_GUIDE).map(([code, { when, whatToDo }]) => [
    `\`${code}\``,
    when,
    whatToDo,
  ]);
  return formatTable(["rejected with", "when", "what to do"], rows);
}
