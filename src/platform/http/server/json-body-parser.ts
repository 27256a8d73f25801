import { isUtf8 } from "node:buffer";
import { type FastifyInstance, type FastifyRequest } from "fastify";
import { isUtf8Json } from "./media-types";

class BodyError extends Error {
  constructor(readonly statusCode: 400 | 415) {
    super();
  }
}

type JsonBodyParser = (
  request: FastifyRequest,
  body: Buffer,
  done: (error: Error | null, json?: unknown) => void,
) => void;

/** Parses JSON in UTF-8. Fails with 415 for another content type, else with 400. The last of several equal names in an object wins. */
export function createJsonBodyParser(server: FastifyInstance): JsonBodyParser {
  const parse = server.getDefaultJsonParser("error", "error"); // refuses members such as __proto__
  return (request, body, done) => {
    if (!isUtf8Json(request.headers["content-type"])) done(new BodyError(415));
    else if (!isUtf8(body)) done(new BodyError(400));
    else void parse(request, body.toString(), done);
  };
}

/**
 * Accepts only JSON in UTF-8. A page of another origin can send text, forms and files without a CORS preflight, but not JSON
 * (protection against CSRF).
 */
export function registerJsonBodyParser(server: FastifyInstance): void {
  const parse = createJsonBodyParser(server);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, parse);
}
