import { getOperationAST, type OperationDefinitionNode, OperationTypeNode, parse } from "graphql";
import { hideFederation } from "./hide-federation";
import { createStoppable } from "./stoppable";
import { describeSubscription, subscribe } from "./subscriptions";
import { type ResultChange, toErrors } from "./tab-results";

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

/** An operation as GraphiQL passes it. */
interface EditorOperation {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null | undefined;
}

/** What one run of the editor's operation sends. */
interface Run {
  readonly operation: EditorOperation;
  /** Undefined if the server has to report the error in the query. */
  readonly node: OperationDefinitionNode | undefined;
  /** The tab that was open when it began: the result is that tab's, whichever is open later. */
  readonly tab: string;
  readonly headers: Headers;
  readonly callerName: string | undefined;
  readonly signal: AbortSignal;
  readonly report: (change: ResultChange) => void;
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

interface PostOptions {
  readonly headers: Headers;
  /** Closes the connection when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Sends one operation, and resolves with the body of the response. */
export async function postOperation(endpoint: string, operation: object, options: PostOptions) {
  return readJson(await fetch(endpoint, { method: "POST", body: JSON.stringify(operation), ...options }));
}

export const requestHeaders = (caller: RequestCaller) =>
  new Headers({
    accept: "application/graphql-response+json, application/json;q=0.9",
    "content-type": "application/json",
    ...caller.headers,
  });

/** Sends a query or a mutation, and yields its response. */
async function* sendRequest(endpoint: string, { operation, tab, headers, callerName, signal, report }: Run) {
  const startedAt = performance.now();
  const reportBody = (body: unknown) => {
    const completed = { body, durationMs: performance.now() - startedAt, callerName };
    report({ type: "responded", tab, completed });
  };
  try {
    const body = await postOperation(endpoint, operation, { headers, signal });
    reportBody(body);
    yield body;
  } catch (error) {
    reportBody({ errors: toErrors(error) });
    throw error;
  }
}

/** Opens a subscription, and yields its events until it ends. */
async function* receiveEvents(endpoint: string, node: OperationDefinitionNode, run: Run) {
  const { tab, callerName, report, headers, signal } = run;
  const { query, variables, operationName } = run.operation;
  report({ type: "subscribed", tab, subscription: { ...describeSubscription(node, variables), callerName } });
  try {
    const operation = { query, variables, operationName };
    for await (const body of subscribe(endpoint, { operation, headers, signal })) {
      report({ type: "received", tab, event: { body, at: Date.now() } });
      yield body;
    }
    report({ type: "ended", tab, errors: [] });
  } catch (error) {
    report({ type: "ended", tab, errors: toErrors(error) });
    throw error;
  }
}

/**
 * Sends operations to the endpoint, as the chosen caller unless the tab's own headers contain `authorization`; a tab's headers are
 * sent unchanged. Queries and mutations return one response; a subscription uses a WebSocket and returns events until it ends. Both
 * are iterators, because GraphiQL can stop only these.
 */
export function createFetcher({ endpoint, getCaller, getTab, onChange }: FetcherOptions) {
  async function authorize(tabHeaders: Headers) {
    const caller = tabHeaders.has("authorization") ? { headers: {} } : await getCaller();
    const headers = requestHeaders(caller);
    for (const [name, value] of tabHeaders) headers.set(name, value);
    return { headers, callerName: caller.name };
  }

  /** Reports what happens until it is stopped, which is the last report. */
  async function* run(started: Pick<Run, "operation" | "node" | "tab">, tabHeaders: Headers, signal: AbortSignal) {
    const { node, tab } = started;
    const onStop = () => {
      onChange({ type: "stopped", tab });
    };
    signal.addEventListener("abort", onStop);
    const report = (change: ResultChange) => {
      if (!signal.aborted) onChange(change);
    };
    try {
      const all = { ...started, ...(await authorize(tabHeaders)), signal, report };
      if (signal.aborted) return;
      if (node?.operation === OperationTypeNode.SUBSCRIPTION) yield* receiveEvents(endpoint, node, all);
      else yield* sendRequest(endpoint, all);
    } finally {
      signal.removeEventListener("abort", onStop);
    }
  }

  async function introspect(operation: EditorOperation, tabHeaders: Headers) {
    return hideFederation(await postOperation(endpoint, operation, await authorize(tabHeaders)));
  }

  return (operation: EditorOperation, options?: { readonly headers?: Readonly<Record<string, string>> }) => {
    const tabHeaders = new Headers(options?.headers);
    const node = findOperation(operation.query, operation.operationName);
    const named = { ...operation, operationName: node ? node.name?.value : operation.operationName };
    if (named.operationName === "IntrospectionQuery") return introspect(named, tabHeaders);
    const started = { operation: named, node, tab: getTab() };
    return createStoppable((signal) => run(started, tabHeaders, signal));
  };
}
