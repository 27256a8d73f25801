import { type TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { type Claims } from "../tokens/claims";
import { type GetToken } from "../tokens/developer-token";

/** What a response cost at the providers; `stale` is present only if a stale value was used. */
export interface UpstreamCost {
  readonly calls: number;
  readonly retries: number;
  readonly coalesced: number;
  readonly cacheHits: number;
  readonly stale?: number;
}

/** A GraphQL response, as loosely typed as JSON is. */
export interface GraphqlResponse {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- responses are compared whole, as JSON
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: {
      readonly code: string;
      readonly retryable: boolean;
      readonly requestId: string;
      readonly operationId?: string;
    };
  }[];
  /** Only with `EXPOSE_UPSTREAM_COST=true`. */
  readonly extensions?: { readonly upstream: UpstreamCost };
}

/** With this header, the status of a refusal is 4xx or 503; without it, that of a well-formed request is 200. */
export const ACCEPT_GRAPHQL_RESPONSE = { accept: "application/graphql-response+json" };

export interface GraphqlOptions {
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** The token's claims; `null` sends no token. Default: the client's claims. */
  readonly claims?: Claims | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** When it fires, the client closes its connection. */
  readonly signal?: AbortSignal | undefined;
}

interface ClientOptions {
  readonly getToken: GetToken;
  readonly claims?: Claims | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GraphqlClient {
  /** Sends an operation; the HTTP response with its body unread. */
  post(query: string, options?: GraphqlOptions): Promise<Response>;
  /** Sends an operation; the parsed body. */
  graphql(query: string, options?: GraphqlOptions): Promise<GraphqlResponse>;
  /** Sends a document of schema/operations; its data, as the schema types it. Throws if there are errors. */
  execute<Data, Variables extends Readonly<Record<string, unknown>>>(
    document: TypedDocumentNode<Data, Variables>,
    options: GraphqlOptions & { readonly variables: Variables },
  ): Promise<Data>;
}

/**
 * A client of the GraphQL endpoint at `endpoint` over fetch. Without `claims`, it sends no token unless a request has claims. `headers` are
 * those of every request.
 */
export function createGraphqlClient(
  endpoint: string,
  { getToken, claims: defaultClaims = null, headers: defaultHeaders }: ClientOptions,
): GraphqlClient {
  async function post(
    query: string,
    { variables, claims = defaultClaims, headers, signal }: GraphqlOptions = {},
  ): Promise<Response> {
    return fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...defaultHeaders,
        ...(claims && { authorization: `Bearer ${await getToken(claims)}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
      ...(signal && { signal }),
    });
  }
  const graphql = async (query: string, options?: GraphqlOptions) =>
    (await (await post(query, options)).json()) as GraphqlResponse;
  return {
    post,
    graphql,
    async execute<Data, Variables extends Readonly<Record<string, unknown>>>(
      document: TypedDocumentNode<Data, Variables>,
      options: GraphqlOptions & { readonly variables: Variables },
    ): Promise<Data> {
      const { data, errors } = await graphql(print(document), options);
      if (errors) throw new Error(JSON.stringify(errors));
      return data as Data;
    },
  };
}
