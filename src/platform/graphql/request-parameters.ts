import { type FastifyRequest } from "fastify";
import { type SubgraphError } from "../errors/subgraph-error";
import { type RequestAnalysis, type UncheckedRequest } from "./limits/request-guard";

/** The parameters of a request before any check, with those of its operation. */
export interface RequestParameters extends UncheckedRequest {
  readonly operationName?: unknown;
}

/** A request with the result of the request guard. */
export interface GuardedRequest {
  readonly parameters: RequestParameters;
  readonly analysis: RequestAnalysis | SubgraphError;
}

const OPTIONAL_PARAMETERS = ["operationName", "variables", "extensions"];

/** The query string of a GET, without empty parameters: forms and API clients send them for values they do not have. */
export function getSearch({ url, method }: FastifyRequest): string {
  const queryStart = url.indexOf("?");
  if (queryStart < 0) return "";
  const search = url.slice(queryStart);
  if (method !== "GET") return search;
  const parameters = new URLSearchParams(search);
  const empty = OPTIONAL_PARAMETERS.filter((name) => parameters.has(name, ""));
  if (empty.length === 0) return search;
  for (const name of empty) parameters.delete(name, "");
  return `?${parameters.toString()}`;
}

/** The body of a POST, without an empty `operationName`. */
export function getBody({ body }: FastifyRequest): unknown {
  if ((body as { operationName?: unknown } | null | undefined)?.operationName !== "") return body;
  return Object.fromEntries(Object.entries(body as object).filter(([name]) => name !== "operationName"));
}

/** The parameters of a request, read from a GET as Apollo Server reads it. Undefined for a batch of requests. */
export function toRequestParameters({ method, body }: FastifyRequest, search: string): RequestParameters | undefined {
  if (method !== "GET") return Array.isArray(body) ? undefined : (body ?? {});
  const parameters = new URLSearchParams(search);
  const [query, operationName] = [parameters.get("query"), parameters.get("operationName")];
  const text = parameters.get("variables");
  try {
    return { query, operationName, variables: JSON.parse(text ?? "null") as unknown };
  } catch {
    return { query, operationName, variables: text }; // Apollo Server rejects them
  }
}
