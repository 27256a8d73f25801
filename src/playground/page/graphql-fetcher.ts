import { type GraphiQL } from "graphiql";
import { getOperationAST, type OperationDefinitionNode, OperationTypeNode, parse } from "graphql";
import { createClient, type SubscribePayload } from "graphql-ws";
import { type ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

/** Who is asking: the headers that prove it, and the name to show. */
export interface RequestCaller {
  readonly headers: Readonly<Record<string, string>>;
  readonly name?: string;
}

/** One answer, for whoever shows what it cost. */
export interface CompletedRequest {
  readonly body: unknown;
  /** From sending to the last byte, in the browser. */
  readonly durationMs: number;
  /** As whom it was asked for; undefined where the page does not know. */
  readonly callerName: string | undefined;
}

export interface FetcherOptions {
  readonly endpoint: string;
  /** Awaited before each request, so that a caller just chosen is the one who asks. */
  readonly getCaller: () => Promise<RequestCaller>;
  /** Hears every answer to an operation of the editor's; the page's own introspection is none. */
  readonly onResponse: (completed: CompletedRequest) => void;
}

/** An answer that is no JSON is told as it is rather than as a syntax error. */
async function readJson(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`The server answered ${response.status} with something that is not JSON: ${text.slice(0, 200)}`);
  }
}

/**
 * The operation that is asked for. GraphiQL looks at the editor's text a moment after it was changed: until then the name is an
 * older text's. Undefined where the server has to say what is wrong.
 */
function findOperation(query: string, name: string | null | undefined): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined;
  }
}

/** A connection of its own for each subscription: it speaks for one caller, and the next one may be another's. */
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
 * Sends operations to the endpoint, as the chosen caller unless the tab's headers say otherwise: what is typed there wins and
 * stays as it is. Queries and mutations are one request, one answer; a subscription is a WebSocket, and answers until it is stopped.
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
