import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { sendError } from "./error-response";

export const DEVELOPER_RESET_PATH = "/dev/reset";

/** `live`: the data may be that of real providers. `unavailable`: a later attempt may succeed. */
export type ResetOutcome = "done" | "live" | "unavailable";

/** A page of another origin cannot send it without a preflight request. */
const PREFLIGHT_HEADER = "apollo-require-preflight";

const NO_PREFLIGHT = {
  code: "BAD_REQUEST",
  message: `The request must have the header ${PREFLIGHT_HEADER}, with any value.`,
  retryable: false,
};

const LIVE_DATA = {
  code: "FORBIDDEN",
  message:
    "This database was opened in live mode, by an earlier release, or with a provider that is not simulated. Its data is never reset.",
  retryable: false,
};

/** `POST /dev/reset` returns 204 when the sandbox is as at its first start. Sandbox mode only. */
export function registerDeveloperReset(server: FastifyInstance, reset: () => Promise<ResetOutcome>): void {
  function requirePreflight({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (headers[PREFLIGHT_HEADER]) done();
    else sendError(reply, 400, NO_PREFLIGHT);
  }
  server.post(DEVELOPER_RESET_PATH, { onRequest: requirePreflight }, async (request, reply) => {
    const result = reset();
    request.completion = result;
    const outcome = await result;
    if (outcome === "live") return sendError(reply, 409, LIVE_DATA);
    if (outcome === "unavailable") return sendError(reply.header("retry-after", "1"), 503, "UNAVAILABLE");
    return reply.code(204).send();
  });
}
