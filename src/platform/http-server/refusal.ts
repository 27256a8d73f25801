import { type FastifyReply } from "fastify";
import { SubgraphError, type ErrorCode } from "../errors/subgraph-error";

/** Requests that are wrong as HTTP, before GraphQL is asked. */
const PROTOCOL = {
  BAD_REQUEST: "The request is not a well-formed request.",
  NOT_FOUND: "There is nothing at this path.",
  PAYLOAD_TOO_LARGE: "The request's body is larger than one request's may be.",
  HEADERS_TOO_LARGE: "The request's headers are larger than one request's may be.",
  UNSUPPORTED_MEDIA_TYPE: "A request's body must be JSON in UTF-8, with content-type application/json.",
  UNAVAILABLE: "The server cannot take this request now.",
} as const;
type RefusalCode = ErrorCode | keyof typeof PROTOCOL;

interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  readonly requestId: string;
}

/** An error in GraphQL's shape, so that every client reads every refusal alike. */
export function refusalBody({ status, code, requestId }: Refusal): string {
  const message =
    code in PROTOCOL ? PROTOCOL[code as keyof typeof PROTOCOL] : new SubgraphError(code as ErrorCode).message;
  const extensions = { code, retryable: status === 503, requestId };
  return JSON.stringify({ errors: [{ message, extensions }] });
}

/** Answers with a refusal. */
export function refuse(reply: FastifyReply, status: number, code: RefusalCode): FastifyReply {
  return reply
    .code(status)
    .type("application/json; charset=utf-8")
    .send(refusalBody({ status, code, requestId: reply.request.id }));
}
