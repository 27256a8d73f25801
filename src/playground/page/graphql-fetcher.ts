import { type GraphiQL } from "graphiql";
import { getOperationAST, type OperationDefinitionNode, OperationTypeNode, parse } from "graphql";
import { createClient, type SubscribePayload } from "graphql-ws";
import { type ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

/** The caller: the headers that identify it, and the name to show. */
export interface RequestCaller {
  readonly headers: Readonly<Record<string, string>>;
  readonly name?: string;
}

/** One response, with what the response bar shows. */
export interface CompletedRequest {
  readonly body: unknown;
  /** Milliseconds from sending the request to the last byte. */
  readonly durationMs: number;
  /** The caller's name; undefined if the page does not know it. */
  readonly callerName: string | undefined;
}

export interface FetcherOptions {
  readonly endpoint: string;
  /** Awaited before each request, so that a newly chosen caller is used. */
  readonly getCaller: () => Promise<RequestCaller>;
  /** Receives every response to an operation of the editor, but not to the page's own introspection. */
  readonly onResponse: (completed: CompletedRequest) => void;
}

/** Parses a response. Throws with the beginning of the text, instead of a syntax error, if it is not JSON. */
async function readJson(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(
      `The server responded with status ${response.status} and a body that is not JSON: ${text.slice(0, 200)}`,
    );
  }
}

/**
 * The operation to run. GraphiQL parses the editor's text with a delay, so the name may be that of an earlier text. Undefined if
 * the server has to report the error.
 */
function findOperation(query: string, name: string | null | undefined): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Opens a connection for each subscription, because a connection has one caller and the next caller may be another one. */
function subscribe(endpoint: string, operation: SubscribePayload, headers: Headers) {
  const authorization = headers.get("authorization");
  const client = createClient({
    url: endpoint, // relative to the page, as browsers take it
    retryAttempts: 0, // events between two connections would be missing
    ...(authorization !== null && { connectionParams: { authorization } }),
  });
  return client.iterate(operation);
}

/**
 * Sends operations to the endpoint, as the chosen caller unless the tab has its own headers, which are sent unchanged. Queries and
 * mutations return one response; a subscription uses a WebSocket and returns events until it is stopped.
 */
export function createFetcher({ endpoint, getCaller, onResponse }: FetcherOptions): Fetcher {
  return async (operation, options) => {
    const tabHeaders = new Headers(options?.headers);
    const caller = tabHeaders.has("authorization") ? { headers: {} } : await getCaller();
    const headers = new Headers({
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...caller.headers,
    });
    for (const [name, value] of tabHeaders) headers.set(name, value);
    const { query, variables } = operation as SubscribePayload;
    const operationNode = findOperation(query, operation.operationName);
    const operationName = operationNode ? operationNode.name?.value : operation.operationName;
    if (operationNode?.operation === OperationTypeNode.SUBSCRIPTION) {
      return subscribe(endpoint, { query, variables, operationName }, headers) as never;
    }
    const startedAt = performance.now();
    const requestBody = JSON.stringify({ ...operation, operationName });
    const body = await readJson(await fetch(endpoint, { method: "POST", headers, body: requestBody }));
    if (operationName !== "IntrospectionQuery") {
      onResponse({ body, durationMs: performance.now() - startedAt, callerName: caller.name });
    }
    return body;
  };
}
