import { type IncomingMessage, type ServerResponse } from "node:http";
import { type FastifyInstance, type FastifyRequest } from "fastify";
import { sendError } from "./error-response";

/** Whether the content type parser is going to read the body: it refuses other types, and larger ones, without. */
function canParseBody({ method, headers, routeOptions }: FastifyRequest): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const isJson = /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "");
  return isJson && Number(headers["content-length"] ?? 0) <= routeOptions.bodyLimit;
}

/**
 * Leads requests with an `Expect` header to the hooks like all others: Node would answer them itself, before anybody has looked at
 * who is asking. The body of one that waits with it is asked for when the `onRequest` hooks of the server and of its route have let
 * the request in. Expectations of another kind are ignored, as RFC 9110 (10.1.1) allows.
 */
export function registerExpectContinue(instance: FastifyInstance): void {
  const { server } = instance;
  const awaitingContinue = new WeakSet<ServerResponse>();
  const emitRequest = (request: IncomingMessage, response: ServerResponse) => server.emit("request", request, response);
  server.on("checkExpectation", emitRequest);
  server.on("checkContinue", (request, response) => {
    awaitingContinue.add(response);
    emitRequest(request, response);
  });
  instance.addHook("preParsing", (...[request, reply, , done]) => {
    const isAwaitingContinue = awaitingContinue.has(reply.raw) && !reply.sent;
    if (isAwaitingContinue && request.is404) return void sendError(reply, 404, "NOT_FOUND"); // the not-found handler would wait for the body
    if (isAwaitingContinue && canParseBody(request)) reply.raw.writeContinue();
    done();
  });
}
