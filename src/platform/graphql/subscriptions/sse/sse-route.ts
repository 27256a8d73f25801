import { type FastifyReply, type FastifyRequest } from "fastify";
import { getOperationAST, type GraphQLFormattedError, OperationTypeNode } from "graphql";
import { SubgraphError } from "../../../errors/subgraph-error";
import { acceptsEventStream } from "../../../http/server/media-types";
import { type Logger } from "../../../observability/logger";
import { isRecord } from "../../limits/is-record";
import { type GuardedRequest, type RequestParameters } from "../../request-parameters";
import { createRequestScope, requestScope } from "../../request-scope";
import { type OpenSubscription } from "../open-subscription";
import { type Subscriptions } from "../subscriptions";
import { type EventStream, openEventStream } from "./event-stream";

export interface SseRouteOptions {
  readonly subscriptions: Subscriptions;
  readonly keepAliveMs: number;
  readonly logger: Logger;
}

/** What Apollo Server requires of a GET, so that no page of another site can send it without a preflight request. */
const PREFLIGHT_HEADERS = ["apollo-require-preflight", "x-apollo-operation-name"];
const BEGINS_WITH_SUBSCRIPTION = /^[\s,\uFEFF]*subscription\b/;

/** Of any other request, Apollo Server reports what is malformed. */
const isWellFormed = ({ variables = null, operationName = null }: RequestParameters) =>
  (variables === null || (isRecord(variables) && !Array.isArray(variables))) &&
  (operationName === null || typeof operationName === "string");

function isSubscription({ parameters, analysis }: GuardedRequest): boolean {
  if (!isWellFormed(parameters)) return false;
  const { query, operationName } = parameters;
  const document = analysis instanceof SubgraphError ? undefined : analysis.document?.document;
  // A document over a limit, or with a syntax error, was not read.
  if (!document) return typeof query === "string" && BEGINS_WITH_SUBSCRIPTION.test(query);
  const name = typeof operationName === "string" && operationName !== "" ? operationName : undefined;
  return getOperationAST(document, name)?.operation === OperationTypeNode.SUBSCRIPTION;
}

const mayStream = ({ method, headers }: FastifyRequest) =>
  acceptsEventStream(headers.accept) &&
  (method !== "GET" || PREFLIGHT_HEADERS.some((name) => (headers[name] ?? "") !== ""));

/**
 * Subscriptions by server-sent events, each in a response of its own: the "distinct connections mode" of
 * https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md; see docs/decisions/0016.
 */
export function createSseRoute({ subscriptions, keepAliveMs, logger }: SseRouteOptions) {
  const open = new Set<Promise<unknown>>();

  async function forward(results: OpenSubscription, stream: EventStream): Promise<void> {
    // A client that reads nothing is sent nothing: events stay in the database, not in memory.
    for await (const result of results) await stream.send("next", result);
  }

  async function sendErrors(
    request: FastifyRequest,
    stream: EventStream,
    errors: readonly GraphQLFormattedError[],
  ): Promise<void> {
    request.errorCodes = [...new Set(errors.map(({ extensions }) => String(extensions?.["code"])))];
    await stream.send("next", { errors });
  }

  async function serve(request: FastifyRequest, reply: FastifyReply, guarded: GuardedRequest): Promise<FastifyReply> {
    const { id, headers, admissionSlot } = request;
    const { query, variables, operationName } = guarded.parameters;
    const { authorization } = headers;
    const { analysis } = guarded;
    const results = await subscriptions.open({ id, authorization, query, variables, operationName, analysis });
    const stream = openEventStream(reply, {
      keepAliveMs,
      onSlow: () => {
        logger.warn({ requestId: id }, "event stream closed: client too slow to read");
      },
    });
    request.openedAfterMs = reply.elapsedTime;
    if ("errors" in results) admissionSlot?.waitForDrain();
    else admissionSlot?.release(); // from here on, it counts as a subscription
    async function run(): Promise<void> {
      if ("errors" in results) await sendErrors(request, stream, results.errors);
      else {
        void stream.closed.then(() => results.return());
        await forward(results, stream).catch((error: unknown) =>
          sendErrors(request, stream, [subscriptions.toFormattedError(error)]),
        );
      }
      await stream.send("complete");
      stream.end();
      await stream.closed;
    }
    const running = run();
    open.add(running);
    void running.finally(() => open.delete(running));
    return reply;
  }

  return {
    /** Handles a request for a subscription of a client that accepts server-sent events. Returns undefined for any other request. */
    accept: (request: FastifyRequest, reply: FastifyReply, guarded: GuardedRequest) =>
      mayStream(request) && isSubscription(guarded)
        ? requestScope.run(createRequestScope(request.id), () => serve(request, reply, guarded))
        : undefined,
    /** Call after `Subscriptions.close`. Resolves when every client was sent the end. */
    async close(): Promise<void> {
      await Promise.allSettled(open);
    },
  };
}
