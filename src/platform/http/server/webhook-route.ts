import { type AuthenticationFailure } from "../../auth/authentication-failure";
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { DatabaseUnavailable } from "../../database/database.errors";
import { SubgraphError } from "../../errors/subgraph-error";
import { type Admission } from "./admission";
import { type IngressPolicy } from "./ingress-policy";
import { createJsonBodyParser } from "./json-body-parser";
import { sendError } from "./error-response";

/** The body as the sender wrote it, and its parsed JSON. */
interface WebhookBody {
  readonly text: string;
  readonly json: unknown;
}

export interface WebhookRequest extends WebhookBody {
  /** The header `Idempotency-Key`. */
  readonly idempotencyKey?: string;
}

export interface WebhookRouteOptions {
  readonly path: string;
  /** Checks the IP address of the peer. */
  readonly isAllowedAddress: (address: string | undefined) => boolean;
  readonly isAuthorized: (authorization: string | undefined) => boolean;
  readonly admission: Admission;
  /** Larger bodies are refused with 413. */
  readonly maxBodyBytes: number;
  /** Maximum time until the body is complete, in ms; then 408. */
  readonly bodyTimeoutMs: number;
  readonly onUnauthenticated?: (reason: AuthenticationFailure) => void;
  /** Stores the message durably. Returns false if the JSON is not a message. Throws `DatabaseUnavailable`. */
  readonly receive: (webhookRequest: WebhookRequest) => Promise<boolean>;
}

/** The key is opaque and only compared. */
const MAX_IDEMPOTENCY_KEY_LENGTH = 255;
const BYTE_ORDER_MARK = /^\uFEFF/;
const WRONG_CREDENTIALS = new SubgraphError("UNAUTHENTICATED", {
  message: "Valid webhook credentials are required.",
});
const RETRY_AFTER_S = "5";

/** Registers the webhook of one sender. Checks credentials before it reads the body, and stores the message before it acknowledges. */
export function registerWebhook(server: FastifyInstance, options: WebhookRouteOptions): void {
  const { path, isAllowedAddress, isAuthorized, admission, maxBodyBytes, bodyTimeoutMs, receive } = options;
  const ingressPolicy: IngressPolicy = {
    admission,
    trust: "webhook",
    reject(request, reply) {
      // The address of the connection, because anyone can send a forwarding header.
      if (!isAllowedAddress(request.socket.remoteAddress)) return sendError(reply, 403, "FORBIDDEN");
      if (isAuthorized(request.headers.authorization)) return undefined;
      options.onUnauthenticated?.("webhook_credentials");
      // The rest of an unauthenticated request is not read.
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

  async function handleWebhook(
    request: FastifyRequest<{ Body: WebhookBody }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { "idempotency-key": key = "" } = request.headers;
    if (typeof key !== "string" || key.length > MAX_IDEMPOTENCY_KEY_LENGTH) return sendError(reply, 400, "BAD_REQUEST");
    const webhookRequest = { ...request.body, ...(key !== "" && { idempotencyKey: key }) };
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
        if (error) {
          onParsed(error);
          return;
        }
        // The parser ignores a byte order mark, but later readers of the text might not.
        const webhookBody: WebhookBody = { text: body.toString().replace(BYTE_ORDER_MARK, ""), json };
        onParsed(null, webhookBody);
      });
    });
    scope.post<{ Body: WebhookBody }>(
      path,
      { bodyLimit: maxBodyBytes, config: { ingressPolicy }, onRequest: enforceBodyTimeout },
      (request, reply) => (request.completion = handleWebhook(request, reply)),
    );
    done();
  });
}
