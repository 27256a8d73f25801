import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { DatabaseUnavailable } from "../database/database.errors";
import { type Logger } from "../observability/logger";
import { getLocations } from "./limits/parse-document";
import { RequestError } from "./request-errors/request-error";
import { requestScope } from "./request-scope";
import { describeError, describeWithoutStack } from "../errors/describe-error";
import { SERVER_STOPPING, SubgraphError } from "../errors/subgraph-error";

/** Apollo Server's codes for malformed requests, which clients receive. Every other code that is not ours becomes `INTERNAL`. */
const PROTOCOL_CODES = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "PERSISTED_QUERY_NOT_SUPPORTED",
  "PERSISTED_QUERY_NOT_FOUND",
  "BAD_REQUEST",
  "BAD_USER_INPUT",
]);

const DOCUMENT_ERROR_CODES = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"]);
const INVALID_REQUEST = "The request is not valid.";

function findSubgraphError(error: unknown): SubgraphError | undefined {
  if (error instanceof SubgraphError) return error;
  if (error instanceof DatabaseUnavailable) return new SubgraphError("UNAVAILABLE", { cause: error });
  return error instanceof GraphQLError ? findSubgraphError(error.originalError) : undefined;
}

/** An argument without a value, found during execution: a variable for it is null or was not provided. */
const MISSING_ARGUMENT = /^Argument "(\w{1,64})" of (?:non-null|required) type "([\w![\]]{1,80})"/;

/** The message of graphql-js for an argument during execution can quote a value. Returns undefined for another message. */
function describeArgument(message: string, shouldExposeSchema: boolean): string | undefined {
  const [, missing, type] = MISSING_ARGUMENT.exec(message) ?? [];
  if (missing)
    return `Argument "${missing}" is null or missing: a value${shouldExposeSchema ? ` of type ${type}` : ""} is required.`;
  const [argument] = /^Argument "\w{1,64}"/.exec(message) ?? [];
  return argument && `${argument} has an invalid value.`;
}

/**
 * Errors that graphql-js throws during execution have no code: for an argument that is null, with or without a path, and for an
 * operation that cannot be executed.
 */
function getErrorCode(formatted: GraphQLFormattedError, thrown: unknown): string {
  const code = String(formatted.extensions?.["code"]);
  const innermost = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown;
  const isFromGraphqlJs = innermost instanceof GraphQLError && !innermost.originalError;
  if (!isFromGraphqlJs || code !== "INTERNAL_SERVER_ERROR") return code;
  if (innermost.message.startsWith("Argument ")) return "BAD_USER_INPUT";
  return formatted.path ? code : "BAD_REQUEST";
}

export interface ErrorFormatterOptions {
  readonly logger: Logger;
  /** Whether messages may contain types of the schema. */
  readonly shouldExposeSchema: boolean;
}

/** Converts every thrown value to the error that a client receives. */
export function createErrorFormatter({ logger, shouldExposeSchema }: ErrorFormatterOptions) {
  function formatProtocolMessage(code: string, { message }: GraphQLFormattedError, thrown: unknown): string {
    if (thrown instanceof RequestError) return message;
    if (code === "BAD_USER_INPUT") return describeArgument(message, shouldExposeSchema) ?? INVALID_REQUEST;
    if (DOCUMENT_ERROR_CODES.has(code)) return INVALID_REQUEST; // not described by us: the message of graphql-js can quote a value
    return message.startsWith("Unknown operation named") ? "The document has no operation of that name." : message;
  }

  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const subgraphError = findSubgraphError(thrown);
    const foreignCode = getErrorCode(formatted, thrown);
    const isProtocol = !subgraphError && PROTOCOL_CODES.has(foreignCode);
    const requestId = requestScope.getStore()?.id;
    const error = subgraphError ?? new SubgraphError("INTERNAL");
    if (error.code === "INTERNAL" && !isProtocol) {
      const cause = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown;
      logger.error({ requestId, ...describeError(cause) }, "unexpected error");
    }
    if (subgraphError?.code === "UNAVAILABLE" && subgraphError !== SERVER_STOPPING)
      logger.warn({ requestId, ...describeWithoutStack(subgraphError) }, "service unavailable"); // one for each request of an outage
    const locations = formatted.locations ?? getLocations(thrown);
    const code = isProtocol ? foreignCode : error.code;
    requestScope.getStore()?.errorCodes.add(code);
    return {
      message: isProtocol ? formatProtocolMessage(foreignCode, formatted, thrown) : error.message,
      ...(locations && { locations }),
      ...(formatted.path && { path: formatted.path }),
      extensions: {
        code,
        retryable: isProtocol ? false : error.retryable,
        ...(requestId !== undefined && { requestId }),
        ...(error.operationId !== undefined && { operationId: error.operationId }),
      },
    };
  };
}
