import { type FastifyReply } from "fastify";
import { SubgraphError, type ErrorCode } from "../errors/subgraph-error";

/** Requests that are wrong as HTTP, before GraphQL is asked. */
const PROTOCOL = {
  BAD_REQUEST: "The request is not a well-formed request.",
  NOT_FOUND: "There is nothing at this path.",
  PAYLOAD_TOO_LARGE: "The request's body is larger than one request's may be.",
  UNAVAILABLE: "The server cannot take this request now.",
} as const;

/** Answers with an error in GraphQL's shape, so that every client reads every refusal alike. */
export function refuse(reply: FastifyReply, status: number, code: ErrorCode | keyof typeof PROTOCOL): FastifyReply {
  const message =
    code in PROTOCOL ? PROTOCOL[code as keyof typeof PROTOCOL] : new SubgraphError(code as ErrorCode).message;
  const extensions = { code, retryable: status === 503, requestId: reply.request.id };
  return reply
    .code(status)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify({ errors: [{ message, extensions }] }));
}
