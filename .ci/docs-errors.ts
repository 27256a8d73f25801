import { ERROR_CODES, type ErrorCode } from "../src/platform/errors/subgraph-error";

/** When each code is returned. The code, its message and `retryable` come from the source. */
const WHEN: Record<ErrorCode, string> = {
  BAD_USER_INPUT: "A variable or an argument is invalid. The message names its path and what is expected.",
  UNAUTHENTICATED:
    "The token is missing or does not verify, `Router-Authorization` is wrong, or a required client certificate is missing.",
  FORBIDDEN:
    "A Pix cancellation without the required scope. In live mode also a request for the schema on behalf of a caller.",
  LIMIT_EXCEEDED:
    "The request exceeds one of the `LIMIT_…` variables. The message names the limit. [Limits](../platform/limits.md#responses) explains whether providers were called.",
  PROVIDER_UNAVAILABLE:
    "The connection failed or was reset, the provider returned a 5xx, its circuit breaker is open, or its queue is full.",
  PROVIDER_TIMEOUT: "The provider did not return a complete response within its timeout.",
  PROVIDER_CONTRACT:
    "The response is not JSON, has another shape, is truncated or too large, is a redirect, or is an unknown 4xx.",
  PROVIDER_AUTH: "The provider returned a 401 even with a new token, or a 403, or no token could be fetched.",
  RATE_LIMITED: "The provider returned a 429.",
  UNAVAILABLE:
    "The database or the key server cannot be reached, or less time is left than the mutation usually takes. Nothing was sent yet.",
  INTERNAL: "A bug in the subgraph. The log contains the details.",
};

export function renderErrorTable(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { message, retryable }]) =>
      `| \`${code}\` | ${message} | ${retryable ? "yes" : "no"} | ${WHEN[code as ErrorCode]} |`,
  );
  return ["| code | message | retryable | when |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
