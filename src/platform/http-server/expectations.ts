import { type IncomingMessage, type ServerResponse } from "node:http";
import { type FastifyInstance, type FastifyReply } from "fastify";

/**
 * Leads requests with an `Expect` header to the hooks like all others: Node would answer them itself, before anybody has looked at
 * who is asking. Gives back what asks for the body of one that waits with it, to be called when it was let in. Expectations of
 * another kind are ignored, as RFC 9110 (10.1.1) allows.
 */
export function takeExpectations({ server }: FastifyInstance): (reply: FastifyReply) => void {
  const waiting = new WeakSet<ServerResponse>();
  const serve = (request: IncomingMessage, response: ServerResponse) => server.emit("request", request, response);
  server.on("checkExpectation", serve);
  server.on("checkContinue", (request, response) => {
    waiting.add(response);
    serve(request, response);
  });
  return ({ raw }) => {
    if (waiting.has(raw)) raw.writeContinue();
  };
}
