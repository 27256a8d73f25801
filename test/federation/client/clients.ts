import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { type TypedDocumentNode } from "@graphql-typed-document-node/core";
import { ClientError, GraphQLClient } from "graphql-request";

// How a frontend calls the supergraph. Both clients accept the documents of ./generated, so responses and variables are typed.

export interface Connection {
  /** The router's. */
  readonly url: string;
  /** The caller's, from whoever signs your tokens. */
  readonly token: string;
  /** Default: the runtime's own. */
  readonly fetch?: typeof fetch;
}

type Variables = Record<string, unknown>;

export interface Client {
  query<Data, V extends Variables>(document: TypedDocumentNode<Data, V>, variables: V): Promise<Data>;
  mutate<Data, V extends Variables>(document: TypedDocumentNode<Data, V>, variables: V): Promise<Data>;
}

/** By what each entity is known in the cache: its keys in the schema. The id of a benefit is the same for every member. */
export function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      Benefit: { keyFields: ["userId", "id"] },
      PixAuthorization: { keyFields: ["recurrenceId"] },
      PixCancellation: { keyFields: ["recurrenceId", "id"] },
    },
  });
}

export function createApolloClient(connection: Connection, cache = createCache()): Client & { stop(): void } {
  const { url, token, fetch = globalThis.fetch } = connection;
  const link = new HttpLink({ uri: url, fetch, headers: { authorization: `Bearer ${token}` } });
  const client = new ApolloClient({ cache, link });
  const whole = <Data>({ data }: { data?: Data | undefined }) => data as Data; // else the promise was rejected
  return {
    query: async (query, variables) => whole(await client.query({ query, variables })),
    mutate: async (mutation, variables) => whole(await client.mutate({ mutation, variables })),
    stop: () => {
      client.stop();
    },
  };
}

export function createGraphqlRequestClient({ url, token, fetch = globalThis.fetch }: Connection): Client {
  const client = new GraphQLClient(url, { fetch, headers: { authorization: `Bearer ${token}` } });
  const send = <Data, V extends Variables>(document: TypedDocumentNode<Data, V>, variables: V): Promise<Data> =>
    client.request<Data>(document, variables);
  return { query: send, mutate: send };
}

/** The extensions of the first error of a failed response, from either client; undefined without a response. */
function extensionsOf(failure: unknown): Readonly<Record<string, unknown>> | undefined {
  if (CombinedGraphQLErrors.is(failure)) return failure.errors[0]?.extensions;
  if (failure instanceof ClientError) return failure.response.errors?.[0]?.extensions;
  return undefined;
}

/** What to branch on: one of the codes in docs/frontend/errors.md. */
export const codeOf = (failure: unknown) => extensionsOf(failure)?.["code"];

/** Whether the same request can succeed later: the response's `retryable`; without a response true, because the key makes a mutation repeatable. */
export function isRetryable(failure: unknown): boolean {
  const extensions = extensionsOf(failure);
  return extensions === undefined || extensions["retryable"] === true;
}

/** Sends a mutation, and once more while that may help: always the same variables, so the same idempotency key. */
export async function retryMutation<Data>(mutate: () => Promise<Data>, times = 3): Promise<Data> {
  try {
    return await mutate();
  } catch (failure) {
    if (times <= 1 || !isRetryable(failure)) throw failure;
    return retryMutation(mutate, times - 1);
  }
}
