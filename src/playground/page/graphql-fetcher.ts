import { type GraphiQL } from "graphiql";
import { getOperationAST, type OperationDefinitionNode, OperationTypeNode, parse } from "graphql";
import { createClient, type SubscribePayload } from "graphql-ws";
import { type ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

/** The caller of a request: the headers that authenticate it and a name for display. */
export interface RequestCaller {
  readonly headers: Readonly<Record<string, string>>;
  readonly name?: string;
}

/** A completed request, for the response bar. */
export interface CompletedRequest {
  readonly body: unknown;
  /** Milliseconds from sending to the last byte, measured in the browser. */
  readonly durationMs: number;
  /** The caller's name; undefined if the page does not know it. */
  readonly callerName: string | undefined;
}

export interface FetcherOptions {
  readonly endpoint: string;
  /** Awaited before each request, so that a caller chosen last is used. */
  readonly getCaller: () => Promise<RequestCaller>;
  /** Called for each response to an operation of the editor. The page's introspection query does not count. */
  readonly onResponse: (completed: CompletedRequest) => void;
}

/** Throws an error that quotes the response if it is not JSON. */
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
 * Finds the requested operation. GraphiQL parses the editor's text with a delay, so the name may belong to an older text.
 * Returns undefined if the document is invalid: the server then reports the error.
 */
function findOperation(query: string, name: string | null | undefined): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Opens one connection per subscription, because a connection is authenticated for one caller. */
function subscribe(endpoint: string, operation: SubscribePayload, headers: Headers) {
  const authorization = headers.get("authorization");
  const client = createClient({
    url: endpoint, // relative to the page, as browsers take it
    retryAttempts: 0, // what was missed meanwhile would not be shown
    ...(authorization !== null && { connectionParams: { authorization } }),
  });
  return client.iterate(operation);
}

/**
 * Creates GraphiQL's fetcher. It sends the chosen caller's headers unless the tab's headers contain `authorization`.
 * A query or mutation is one HTTP request. A subscription is a WebSocket connection that yields results until it is stopped.
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
