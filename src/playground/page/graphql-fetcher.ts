import { type GraphiQL } from "graphiql";
import { type ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

/** Who is asking: the headers that prove it, and the name to show. */
export interface Asker {
  readonly headers: Readonly<Record<string, string>>;
  readonly name?: string;
}

/** One answer, for whoever shows what it cost. */
export interface Answered {
  readonly body: unknown;
  /** From sending to the last byte, in the browser. */
  readonly durationMs: number;
  /** As whom it was asked for; undefined where the page does not know. */
  readonly askedAs: string | undefined;
}

export interface FetcherOptions {
  readonly endpoint: string;
  /** Awaited before each request, so that a caller just chosen is the one who asks. */
  readonly asker: () => Promise<Asker>;
  /** Hears every answer to an operation of the editor's; the page's own introspection is none. */
  readonly onAnswer: (answered: Answered) => void;
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
 * Sends operations to the endpoint, as the chosen caller unless the tab's headers say otherwise: what is typed there wins and
 * stays as it is. Queries and mutations are one request, one answer. A subscription belongs here, too: told by
 * `options.documentAST`, answered with an async iterable.
 */
export function createFetcher({ endpoint, asker, onAnswer }: FetcherOptions): Fetcher {
  return async (operation, options) => {
    const own = new Headers(options?.headers);
    const chosen = own.has("authorization") ? { headers: {} } : await asker();
    const headers = new Headers({
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...chosen.headers,
    });
    for (const [name, value] of own) headers.set(name, value);
    const startedAt = performance.now();
    const body = await readJson(await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(operation) }));
    if (operation.operationName !== "IntrospectionQuery") {
      onAnswer({ body, durationMs: performance.now() - startedAt, askedAs: chosen.name });
    }
    return body;
  };
}
