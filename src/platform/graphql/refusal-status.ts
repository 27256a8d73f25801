import { type FastifyRequest } from "fastify";
import { prefersJson } from "../http/server/media-types";

/** Refusals for what a request asks. Other statuses, for example 405 for a mutation by GET, do not depend on `Accept`. */
const REFUSALS: readonly number[] = [400, 401, 403, 503];

/**
 * The status of the response to a well-formed request. Over `application/json`, a refusal is 200, as GraphQL over HTTP recommends:
 * Apollo Router, Hive Router, @apollo/gateway and Apollo Client replace or hide the errors of any other status.
 * https://graphql.github.io/graphql-over-http/draft/#sec-application-json
 */
export function getResponseStatus({ headers }: FastifyRequest, status: number): number {
  return REFUSALS.includes(status) && prefersJson(headers.accept) ? 200 : status;
}
