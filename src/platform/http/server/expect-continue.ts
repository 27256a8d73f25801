import { type IncomingMessage, type ServerResponse } from "node:http";
import { type FastifyInstance, type FastifyRequest } from "fastify";
import { sendError } from "./error-response";

/** Whether the server will read the body. It refuses other types and larger bodies unread. */
function canParseBody({ method, headers, routeOptions }: FastifyRequest): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const isJson = /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "");
  return isJson && Number(headers["content-length"] ?? 0) <= routeOptions.bodyLimit;
}

/**
 * Sends `100 Continue` only after the `onRequest` hooks of the server and of the route have accepted the request. By default Node.js
 * responds to an `Expect` header itself, before any hook checks the credentials. Other expectations are ignored, as RFC 9110 (10.1.1)
 * allows.
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
