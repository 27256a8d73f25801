import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { DatabaseUnavailable } from "../database/database.errors";
import { type Logger } from "../observability/logger";
import { getLocations } from "./limits/parse-document";
import { requestScope } from "./request-scope";
import { describeError } from "../errors/describe-error";
import { SubgraphError } from "../errors/subgraph-error";

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

function findSubgraphError(error: unknown): SubgraphError | undefined {
  if (error instanceof SubgraphError) return error;
  if (error instanceof DatabaseUnavailable) return new SubgraphError("UNAVAILABLE", { cause: error });
  return error instanceof GraphQLError ? findSubgraphError(error.originalError) : undefined;
}

/**
 * Where a rejected value came from: `Variable "$id"`, `Argument "id"` or an empty text. Contains a GraphQL name and nothing of
 * the value.
 */
function extractInputName(message: string): string {
  return /^(Variable "\$|Argument ")\w{1,64}"/.exec(message)?.[0] ?? "";
}

/** graphql-js quotes rejected values ("Int cannot represent non-integer value: …"), which can be personal data. */
function stripValue(message: string): string {
  if (message.startsWith("Syntax Error:")) return message.replace(/(, found |").*$/su, "");
  if (message.startsWith("Unknown operation named")) return "The document has no operation of that name.";
  const inputName = extractInputName(message);
  if (inputName) return `${inputName} has an invalid value.`;
  const quote = /(, found | cannot represent |^Value | got invalid value )/.exec(message);
  if (!quote) return message;
  const expected = message.startsWith("Expected value of type") ? `${message.slice(0, quote.index)}.` : "";
  return expected || "A value in the document is not valid for its type.";
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
  if (extractInputName(innermost.message)) return "BAD_USER_INPUT";
  return formatted.path ? code : "BAD_REQUEST";
}

export interface ErrorFormatterOptions {
  readonly logger: Logger;
  /** Whether clients receive validation errors, which contain names and types of the schema. */
  readonly shouldExposeSchema: boolean;
}

/** Converts every thrown value to the error that a client receives. */
export function createErrorFormatter({ logger, shouldExposeSchema }: ErrorFormatterOptions) {
  function formatProtocolMessage(code: string, message: string): string {
    const isHidden = code === "GRAPHQL_VALIDATION_FAILED" && !shouldExposeSchema;
    return isHidden ? "The document is not valid for this schema." : stripValue(message);
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
    if (subgraphError?.code === "UNAVAILABLE")
      logger.warn({ requestId, ...describeError(subgraphError) }, "service unavailable");
    const inputName = extractInputName(formatted.message);
    const locations = formatted.locations ?? getLocations(thrown);
    const code = isProtocol ? foreignCode : error.code;
    requestScope.getStore()?.errorCodes.add(code);
    const subgraphMessage = inputName ? `${inputName}: ${error.message}` : error.message;
    return {
      message: isProtocol ? formatProtocolMessage(foreignCode, formatted.message) : subgraphMessage,
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
