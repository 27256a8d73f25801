import { type FastifyReply } from "fastify";
import { SubgraphError, type ErrorCode } from "../errors/subgraph-error";
import { responseTypeFor } from "./media-types";

/** Requests that are wrong as HTTP, before GraphQL is asked. */
const PROTOCOL = {
  BAD_REQUEST: "The request is not a well-formed request.",
  NOT_FOUND: "There is nothing at this path.",
  UNSUPPORTED_MEDIA_TYPE: "A request's body must be JSON in UTF-8, as application/json and without compression.",
  UNAVAILABLE: "The server cannot take this request now.",
} as const;

type ProtocolCode = keyof typeof PROTOCOL;
const isProtocol = (code: ErrorCode | ProtocolCode): code is ProtocolCode => code in PROTOCOL;

/** A refusal with a message of its own. */
interface Reason {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** An error in GraphQL's shape as JSON text. */
export function refusalText(reason: ErrorCode | ProtocolCode | Reason, requestId: string): string {
  const { code, message, retryable } =
    typeof reason !== "string"
      ? reason
      : isProtocol(reason)
        ? { code: reason, message: PROTOCOL[reason], retryable: reason === "UNAVAILABLE" }
        : new SubgraphError(reason);
  return JSON.stringify({ errors: [{ message, extensions: { code, retryable, requestId } }] });
}

/** Answers with an error in GraphQL's shape and the media type that the client prefers, so that it reads every refusal alike. */
export function refuse(reply: FastifyReply, status: number, reason: ErrorCode | ProtocolCode | Reason): FastifyReply {
  const { id, headers } = reply.request;
  return reply.code(status).type(responseTypeFor(headers.accept)).send(refusalText(reason, id));
}
