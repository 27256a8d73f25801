import { type ErrorCode } from "../../platform/errors/subgraph-error";

/** What a frontend developer needs to know about a code. Markdown; the links are relative to docs/frontend. */
export interface ErrorGuidance {
  readonly when: string;
  readonly whatToDo: string;
}

/** The codes of `ERROR_CODES`. Their messages and `retryable` are in the source. */
export const ERROR_GUIDE: Record<ErrorCode, ErrorGuidance> = {
  BAD_USER_INPUT: {
    when: "A variable or an argument is invalid. The message names its path and what is expected.",
    whatToDo: "Correct the value. The same request fails again.",
  },
  UNAUTHENTICATED: {
    when: "The token is missing or does not verify, `Router-Authorization` is wrong, or a required client certificate is missing.",
    whatToDo: "Sign the user in again, and send the new token as `Authorization: Bearer …`.",
  },
  FORBIDDEN: {
    when: "A Pix cancellation or `Query.operations` without the required scope. In live mode also a request for the schema on behalf of a caller.",
    whatToDo: "Send a token that has the scope. The schema reference shows the scopes of each field.",
  },
  LIMIT_EXCEEDED: {
    when: "The request exceeds one of the `LIMIT_…` variables. The message names the limit. [Limits](../platform/limits.md#responses) explains whether providers were called.",
    whatToDo: "Select less, or split the request. For a mutation, reuse the same `idempotencyKey`.",
  },
  PROVIDER_UNAVAILABLE: {
    when: "The connection failed or was reset, the provider returned a 5xx, its circuit breaker is open, or its queue is full.",
    whatToDo: "Show the fields that arrived. Retry after some seconds, and after longer each time.",
  },
  PROVIDER_TIMEOUT: {
    when: "The provider did not return a complete response within its timeout.",
    whatToDo: "Show the fields that arrived. Retry after some seconds, and after longer each time.",
  },
  PROVIDER_CONTRACT: {
    when: "The response is not JSON, has another shape, is truncated or too large, is a redirect, or is an unknown 4xx.",
    whatToDo: "Show the fields that arrived. Report the `requestId` to the operators of the subgraph.",
  },
  PROVIDER_AUTH: {
    when: "The provider returned a 401 even with a new token, or a 403, or no token could be fetched.",
    whatToDo: "Show the fields that arrived. Report the `requestId` to the operators of the subgraph.",
  },
  RATE_LIMITED: {
    when: "The provider returned a 429.",
    whatToDo: "Show the fields that arrived. Retry after some seconds, and after longer each time.",
  },
  UNAVAILABLE: {
    when: "The database or the key server cannot be reached, or less time is left than the mutation usually takes. Nothing was sent yet. With a `Retry-After` header, the process is stopping or overloaded.",
    whatToDo: "Retry after some seconds. For a mutation, reuse the same `idempotencyKey`.",
  },
  INTERNAL: {
    when: "A bug in the subgraph. The log contains the details.",
    whatToDo:
      "Report the `requestId` to the operators. If the error has an `operationId`, query `operation(id:)` for the outcome.",
  },
};

/** The codes of requests that are rejected before GraphQL executes them. */
export const PROTOCOL_ERROR_GUIDE: Readonly<Record<string, ErrorGuidance>> = {
  GRAPHQL_PARSE_FAILED: {
    when: "The document is not valid GraphQL.",
    whatToDo: "Correct the syntax at the position that `locations` names.",
  },
  GRAPHQL_VALIDATION_FAILED: {
    when: "The document does not match the schema, for example because a field does not exist.",
    whatToDo: "Compare the document with the schema, or generate the typed operations again.",
  },
  OPERATION_RESOLUTION_FAILURE: {
    when: "The document contains several operations, or none with the name in `operationName`.",
    whatToDo: "Send the name of one of its operations as `operationName`.",
  },
  BAD_REQUEST: {
    when: "The body is not a JSON object with a `query`, a `GET` has no preflight header or contains a mutation, or the method is neither `GET` nor `POST`.",
    whatToDo: "Send a `POST` with one JSON object: `query` and, if needed, `variables` and `operationName`.",
  },
  NOT_FOUND: {
    when: "The server has nothing at this path.",
    whatToDo: "Send the request to `/graphql`.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    when: "The body is compressed, is not UTF-8, or has another content type than `application/json`.",
    whatToDo: "Send uncompressed JSON with `content-type: application/json`.",
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    when: "The request contains the hash of a document. The subgraph accepts whole documents only.",
    whatToDo: "Send the document as `query`, or register it with the router.",
  },
  PERSISTED_QUERY_NOT_FOUND: {
    when: "Only behind a gateway that stores queries, such as `@apollo/gateway`: it does not know the hash.",
    whatToDo: "Send the document as `query`.",
  },
};
