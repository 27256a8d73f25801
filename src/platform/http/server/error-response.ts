import { type FastifyReply } from "fastify";
import { SubgraphError, type ErrorCode } from "../../errors/subgraph-error";
import { negotiateResponseType } from "./media-types";

/** Requests that are wrong as HTTP, before GraphQL is asked. */
const PROTOCOL_MESSAGES = {
  BAD_REQUEST: "The request is not a well-formed request.",
  NOT_FOUND: "There is nothing at this path.",
  UNSUPPORTED_MEDIA_TYPE: "A request's body must be JSON in UTF-8, as application/json and without compression.",
  UNAVAILABLE: "The server cannot take this request now.",
} as const;

type ProtocolCode = keyof typeof PROTOCOL_MESSAGES;
const isProtocolCode = (code: ErrorCode | ProtocolCode): code is ProtocolCode => code in PROTOCOL_MESSAGES;

/** A refusal with a message of its own. */
interface ErrorDetails {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** An error in GraphQL's shape as JSON text. */
export function formatErrorBody(error: ErrorCode | ProtocolCode | ErrorDetails, requestId: string): string {
  const { code, message, retryable } =
    typeof error !== "string"
      ? error
      : isProtocolCode(error)
        ? { code: error, message: PROTOCOL_MESSAGES[error], retryable: error === "UNAVAILABLE" }
        : new SubgraphError(error);
  return JSON.stringify({ errors: [{ message, extensions: { code, retryable, requestId } }] });
}

/** Answers with an error in GraphQL's shape and the media type that the client prefers, so that it reads every refusal alike. */
export function sendError(
  reply: FastifyReply,
  status: number,
  error: ErrorCode | ProtocolCode | ErrorDetails,
): FastifyReply {
  const { id, headers } = reply.request;
  return reply.code(status).type(negotiateResponseType(headers.accept)).send(formatErrorBody(error, id));
}
