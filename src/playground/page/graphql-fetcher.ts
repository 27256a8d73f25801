import { type GraphiQL } from "graphiql";
import { getOperationAST, type OperationDefinitionNode, OperationTypeNode, parse } from "graphql";
import { type SubscribePayload } from "graphql-ws";
import { type ComponentProps } from "react";
import { hideFederation } from "./hide-federation";
import { describeSubscription, subscribe } from "./subscriptions";
import { type ResultChange, toErrors } from "./tab-results";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

/** The caller: the headers that identify it, and the name to show. */
export interface RequestCaller {
  readonly headers: Readonly<Record<string, string>>;
  readonly name?: string;
}

export interface FetcherOptions {
  readonly endpoint: string;
  /** Awaited before each request, so that a newly chosen caller is used. */
  readonly getCaller: () => Promise<RequestCaller>;
  /** The ID of the open tab. */
  readonly getTab: () => string;
  /** Receives what happens to every operation of the editor, but not to the page's own introspection. */
  readonly onChange: (change: ResultChange) => void;
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

/** Sends one operation, and resolves with the body of the response. */
export async function postOperation(endpoint: string, operation: object, headers: HeadersInit) {
  return readJson(await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(operation) }));
}

export const requestHeaders = (caller: RequestCaller) =>
  new Headers({
    accept: "application/graphql-response+json, application/json;q=0.9",
    "content-type": "application/json",
    ...caller.headers,
  });

/**
 * Sends operations to the endpoint, as the chosen caller unless the tab has its own headers, which are sent unchanged. Queries and
 * mutations return one response; a subscription uses a WebSocket and returns events until it is stopped.
 */
export function createFetcher({ endpoint, getCaller, getTab, onChange }: FetcherOptions): Fetcher {
  return async (operation, options) => {
    const tabHeaders = new Headers(options?.headers);
    const caller = tabHeaders.has("authorization") ? { headers: {} } : await getCaller();
    const headers = requestHeaders(caller);
    for (const [name, value] of tabHeaders) headers.set(name, value);
    const { query, variables } = operation as SubscribePayload;
    const operationNode = findOperation(query, operation.operationName);
    const operationName = operationNode ? operationNode.name?.value : operation.operationName;

    if (operationNode?.operation === OperationTypeNode.SUBSCRIPTION) {
      const tab = getTab();
      const description = describeSubscription(operationNode, variables);
      onChange({ type: "subscribed", tab, subscription: { ...description, callerName: caller.name } });
      const request = { operation: { query, variables, operationName }, headers };
      return subscribe(endpoint, request, {
        onEvent(event) {
          onChange({ type: "received", tab, event });
        },
        onEnd(errors) {
          onChange({ type: "ended", tab, errors });
        },
      }) as never;
    }

    const send = () => postOperation(endpoint, { ...operation, operationName }, headers);
    if (operationName === "IntrospectionQuery") return hideFederation(await send());
    const startedAt = performance.now();
    const report = (body: unknown) => {
      const completed = { body, durationMs: performance.now() - startedAt, callerName: caller.name };
      onChange({ type: "responded", tab: getTab(), completed });
    };
    try {
      const body = await send();
      report(body);
      return body;
    } catch (error) {
      report({ errors: toErrors(error) });
      throw error;
    }
  };
}
