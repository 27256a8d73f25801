import { type FastifyReply, type FastifyRequest } from "fastify";
import { responseTypeFor } from "../http-server/media-types";
import { createRequestScope, requestScope } from "../telemetry/request-scope";
import { CALLBACK_PROTOCOL } from "./callback.client";
import { type Callbacks } from "./callbacks";

interface Body {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
  readonly extensions?: { readonly subscription?: unknown } | null;
}

const STATUS: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, UNAVAILABLE: 503, INTERNAL: 500 };

/** Answers a GraphQL request that asks for a subscription by callback; undefined for any other. */
export function createCallbackRoute(callbacks: Callbacks) {
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { extensions, query, variables, operationName } = request.body as Body;
    const { authorization } = request.headers;
    const asked = { id: request.id, authorization, query, variables, operationName };
    const scope = createRequestScope(request.id);
    const errors = await requestScope.run(scope, () => callbacks.begin(asked, extensions?.subscription));
    const code = String(errors?.[0]?.extensions?.["code"]);
    return reply
      .code(errors ? (STATUS[code] ?? 400) : 200)
      .headers(CALLBACK_PROTOCOL)
      .type(responseTypeFor(request.headers.accept))
      .send(JSON.stringify(errors ? { errors } : { data: null }));
  }

  return (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined => {
    const asked = (request.body as Body | undefined)?.extensions?.subscription ?? undefined;
    return request.method === "POST" && asked !== undefined ? answer(request, reply) : undefined;
  };
}
