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

/** Reads JSON in UTF-8; a type that says otherwise is a 415, everything else that is wrong a 400. Of a name that comes twice in an object, the last one counts. */
export function createJsonBodyParser(server: FastifyInstance): JsonBodyParser {
  const parse = server.getDefaultJsonParser("error", "error"); // members like __proto__ are refused
  return (request, body, done) => {
    if (!isUtf8Json(request.headers["content-type"])) done(new BodyError(415));
    else if (!isUtf8(body)) done(new BodyError(400));
    else void parse(request, body.toString(), done);
  };
}

/**
 * Bodies are JSON in UTF-8 and nothing else. A form or a script of another site can send text, forms and files without
 * asking the browser's leave; JSON it cannot.
 */
export function registerJsonBodyParser(server: FastifyInstance): void {
  const parse = createJsonBodyParser(server);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, parse);
}
