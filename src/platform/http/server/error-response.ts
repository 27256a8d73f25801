import { type FastifyReply } from "fastify";
import { SubgraphError, type ErrorCode } from "../../errors/subgraph-error";
import { negotiateResponseType } from "./media-types";

/** Errors of the HTTP request, before any GraphQL processing. */
const PROTOCOL_MESSAGES = {
  BAD_REQUEST: "Malformed request.",
  NOT_FOUND: "Not found.",
  UNSUPPORTED_MEDIA_TYPE: "The request body must be uncompressed JSON in UTF-8 with the content type application/json.",
  UNAVAILABLE: "The server cannot accept this request now.",
} as const;

type ProtocolCode = keyof typeof PROTOCOL_MESSAGES;
const isProtocolCode = (code: ErrorCode | ProtocolCode): code is ProtocolCode => code in PROTOCOL_MESSAGES;

/** An error with its own message. */
interface ErrorDetails {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** The codes of the errors in the response, each once, for the log and the metrics; null without errors. */
    errorCodes: readonly string[] | null;
  }
}

function toDetails(error: ErrorCode | ProtocolCode | ErrorDetails): ErrorDetails {
  if (typeof error !== "string") return error;
  if (!isProtocolCode(error)) return new SubgraphError(error);
  return { code: error, message: PROTOCOL_MESSAGES[error], retryable: error === "UNAVAILABLE" };
}

/** Returns the JSON of a GraphQL response with one error. */
export function formatErrorBody(error: ErrorCode | ProtocolCode | ErrorDetails, requestId: string): string {
  const { code, message, retryable } = toDetails(error);
  return JSON.stringify({ errors: [{ message, extensions: { code, retryable, requestId } }] });
}

/** Sends a GraphQL response with one error, in the media type that the client prefers. Every refusal has this shape. */
export function sendError(
  reply: FastifyReply,
  status: number,
  error: ErrorCode | ProtocolCode | ErrorDetails,
): FastifyReply {
  const { request } = reply;
  const details = toDetails(error);
  request.errorCodes = [details.code];
  return reply
    .code(status)
    .type(negotiateResponseType(request.headers.accept))
    .send(formatErrorBody(details, request.id));
}
