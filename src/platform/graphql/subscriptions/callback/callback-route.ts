import { type FastifyReply, type FastifyRequest } from "fastify";
import { negotiateResponseType } from "../../../http/server/media-types";
import { createRequestScope, requestScope } from "../../request-scope";
import { CALLBACK_PROTOCOL_HEADERS } from "./callback.client";
import { type CallbackProtocol } from "./callback-protocol";

interface Body {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
  readonly extensions?: { readonly subscription?: unknown } | null;
}

/** Unlike other refusals, these do not depend on `Accept`: Hive Router reads only the status, and would wait for events. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, UNAVAILABLE: 503, INTERNAL: 500 };

/** Handles GraphQL requests for a subscription over the callback protocol. Returns undefined for any other request. */
export function createCallbackRoute(protocol: CallbackProtocol) {
  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { extensions, query, variables, operationName } = request.body as Body;
    const { authorization } = request.headers;
    const subscriptionRequest = { id: request.id, authorization, query, variables, operationName };
    const scope = createRequestScope(request.id);
    const { isConfirmed, errors } = await requestScope.run(scope, () =>
      protocol.open(subscriptionRequest, extensions?.subscription),
    );
    const codes = errors.map(({ extensions }) => String(extensions?.["code"]));
    const [code = ""] = codes;
    if (errors.length > 0) request.errorCodes = [...new Set(codes)];
    return reply
      .code(isConfirmed ? 200 : (STATUS_BY_CODE[code] ?? 400))
      .headers(CALLBACK_PROTOCOL_HEADERS)
      .type(negotiateResponseType(request.headers.accept))
      .send(JSON.stringify(isConfirmed ? { data: null } : { errors }));
  }

  return (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined => {
    const extension = (request.body as Body | undefined)?.extensions?.subscription ?? undefined;
    return request.method === "POST" && extension !== undefined ? respond(request, reply) : undefined;
  };
}
