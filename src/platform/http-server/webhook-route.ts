import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { DatabaseUnavailable } from "../database/database.errors";
import { SubgraphError } from "../errors/subgraph-error";
import { type Admission } from "../limits/admission";
import { type Entrance } from "./entrance";
import { createJsonParser } from "./json-body";
import { refuse } from "./refusal";

/** A request as it was sent, and what its JSON says. */
export interface Posted {
  readonly text: string;
  readonly json: unknown;
  readonly idempotencyKey?: string;
}

export interface WebhookRouteOptions {
  readonly path: string;
  /** Whose connections are taken at all. */
  readonly isKnownAddress: (address: string | undefined) => boolean;
  readonly isAuthorized: (authorization: string | undefined) => boolean;
  readonly admission: Admission;
  /** Larger bodies are refused with 413. */
  readonly maxBodyBytes: number;
  /** How long a body may take to arrive; then 408. */
  readonly bodyTimeoutMs: number;
  /** Makes it durable; false for JSON that is no message. Throws DatabaseUnavailable. */
  readonly receive: (posted: Posted) => Promise<boolean>;
}

/** Whatever a header may hold: it is compared, and nothing else. */
const LONGEST_KEY = 255;
const BYTE_ORDER_MARK = /^\uFEFF/;
const WRONG_CREDENTIALS = new SubgraphError("UNAUTHENTICATED", {
  message: "The webhook's username and password are needed.",
});
const RETRY_AFTER_S = "5";

/** Serves one sender's webhook: who it is, before the body is read; stored, before it is acknowledged. */
export function registerWebhook(server: FastifyInstance, options: WebhookRouteOptions): void {
  const { path, isKnownAddress, isAuthorized, admission, maxBodyBytes, bodyTimeoutMs, receive } = options;
  const entrance: Entrance = {
    admission,
    trust: "webhook",
    turnAway(request, reply) {
      // The connection's own address: a header that names another is anybody's to send.
      if (!isKnownAddress(request.socket.remoteAddress)) return refuse(reply, 403, "FORBIDDEN");
      if (isAuthorized(request.headers.authorization)) return undefined;
      // Nothing more is read of who is not known.
      const challenge = { "www-authenticate": 'Basic realm="webhooks", charset="UTF-8"', connection: "close" };
      return refuse(reply.headers(challenge), 401, WRONG_CREDENTIALS);
    },
  };

  function hurry(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const timer = setTimeout(() => {
      if (request.body === undefined && !reply.sent) refuse(reply.header("connection", "close"), 408, "BAD_REQUEST");
    }, bodyTimeoutMs);
    reply.raw.once("close", () => {
      clearTimeout(timer);
    });
    done();
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { "idempotency-key": key = "" } = request.headers;
    if (typeof key !== "string" || key.length > LONGEST_KEY) return refuse(reply, 400, "BAD_REQUEST");
    const posted = { ...(request.body as Posted), ...(key !== "" && { idempotencyKey: key }) };
    const outcome = await receive(posted).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return error;
      throw error;
    });
    if (outcome instanceof Error) return refuse(reply.header("retry-after", RETRY_AFTER_S), 503, "UNAVAILABLE");
    return outcome ? reply.send({ status: "received" }) : refuse(reply, 400, "BAD_REQUEST");
  }

  void server.register((scope, _options, done) => {
    const parse = createJsonParser(scope);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, parsed) => {
      parse(request, body, (error, json) => {
        // The parser has passed over the mark; whoever reads the text later must be able to.
        parsed(error, error ? undefined : { text: body.toString().replace(BYTE_ORDER_MARK, ""), json });
      });
    });
    scope.post(
      path,
      { bodyLimit: maxBodyBytes, config: { entrance }, onRequest: hurry },
      (request, reply) => (request.work = answer(request, reply)),
    );
    done();
  });
}
