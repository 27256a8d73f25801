import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { DatabaseUnavailable } from "../../database/database.errors";
import { SubgraphError } from "../../errors/subgraph-error";
import { type Admission } from "./admission";
import { type IngressPolicy } from "./ingress-policy";
import { createJsonBodyParser } from "./json-body-parser";
import { sendError } from "./error-response";

/** A request as it was sent, and what its JSON says. */
export interface WebhookRequest {
  readonly text: string;
  readonly json: unknown;
  readonly idempotencyKey?: string;
}

export interface WebhookRouteOptions {
  readonly path: string;
  /** Whose connections are taken at all. */
  readonly isAllowedAddress: (address: string | undefined) => boolean;
  readonly isAuthorized: (authorization: string | undefined) => boolean;
  readonly admission: Admission;
  /** Larger bodies are refused with 413. */
  readonly maxBodyBytes: number;
  /** How long a body may take to arrive; then 408. */
  readonly bodyTimeoutMs: number;
  /** Makes it durable; false for JSON that is no message. Throws DatabaseUnavailable. */
  readonly receive: (webhookRequest: WebhookRequest) => Promise<boolean>;
}

/** Whatever a header may hold: it is compared, and nothing else. */
const MAX_IDEMPOTENCY_KEY_LENGTH = 255;
const BYTE_ORDER_MARK = /^\uFEFF/;
const WRONG_CREDENTIALS = new SubgraphError("UNAUTHENTICATED", {
  message: "The webhook's username and password are needed.",
});
const RETRY_AFTER_S = "5";

/** Serves one sender's webhook: who it is, before the body is read; stored, before it is acknowledged. */
export function registerWebhook(server: FastifyInstance, options: WebhookRouteOptions): void {
  const { path, isAllowedAddress, isAuthorized, admission, maxBodyBytes, bodyTimeoutMs, receive } = options;
  const ingressPolicy: IngressPolicy = {
    admission,
    trust: "webhook",
    reject(request, reply) {
      // The connection's own address: a header that names another is anybody's to send.
      if (!isAllowedAddress(request.socket.remoteAddress)) return sendError(reply, 403, "FORBIDDEN");
      if (isAuthorized(request.headers.authorization)) return undefined;
      // Nothing more is read of who is not known.
      const challenge = { "www-authenticate": 'Basic realm="webhooks", charset="UTF-8"', connection: "close" };
      return sendError(reply.headers(challenge), 401, WRONG_CREDENTIALS);
    },
  };

  function enforceBodyTimeout(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const timer = setTimeout(() => {
      if (request.body === undefined && !reply.sent) sendError(reply.header("connection", "close"), 408, "BAD_REQUEST");
    }, bodyTimeoutMs);
    reply.raw.once("close", () => {
      clearTimeout(timer);
    });
    done();
  }

  async function handleWebhook(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { "idempotency-key": key = "" } = request.headers;
    if (typeof key !== "string" || key.length > MAX_IDEMPOTENCY_KEY_LENGTH) return sendError(reply, 400, "BAD_REQUEST");
    const webhookRequest = { ...(request.body as WebhookRequest), ...(key !== "" && { idempotencyKey: key }) };
    const outcome = await receive(webhookRequest).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return error;
      throw error;
    });
    if (outcome instanceof Error) return sendError(reply.header("retry-after", RETRY_AFTER_S), 503, "UNAVAILABLE");
    return outcome ? reply.send({ status: "received" }) : sendError(reply, 400, "BAD_REQUEST");
  }

  void server.register((scope, _options, done) => {
    const parse = createJsonBodyParser(scope);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, onParsed) => {
      parse(request, body, (error, json) => {
        // The parser has passed over the mark; whoever reads the text later must be able to.
        onParsed(error, error ? undefined : { text: body.toString().replace(BYTE_ORDER_MARK, ""), json });
      });
    });
    scope.post(
      path,
      { bodyLimit: maxBodyBytes, config: { ingressPolicy }, onRequest: enforceBodyTimeout },
      (request, reply) => (request.completion = handleWebhook(request, reply)),
    );
    done();
  });
}
