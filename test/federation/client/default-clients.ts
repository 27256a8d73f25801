import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { cacheExchange, Client, fetchExchange } from "@urql/core";
import {
  buildSchema,
  type DocumentNode,
  getOperationAST,
  type GraphQLFormattedError,
  OperationTypeNode,
} from "graphql";
import { ClientError, GraphQLClient } from "graphql-request";
import {
  commitMutation,
  Environment,
  fetchQuery,
  type FetchFunction,
  type GraphQLSingularResponse,
  Network,
  RecordSource,
  Store,
} from "relay-runtime";
import { toRelayRequest } from "./relay-request";

// The four clients with their default settings: each gets the endpoint and headers, as its documentation shows, and nothing else.

export interface Connection {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Operation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** What an application sees of a response. */
export interface Outcome {
  readonly data?: unknown;
  /** `extensions.code` of each error. */
  readonly codes: readonly unknown[];
  /** The client's own error if it has no GraphQL errors. */
  readonly failure?: string;
}

export type SendOperation = (connection: Connection, operation: Operation) => Promise<Outcome>;

const codesOf = (errors: readonly Pick<GraphQLFormattedError, "extensions">[] = []) =>
  errors.map(({ extensions }) => extensions?.["code"]);

const isMutation = ({ document }: Operation) => getOperationAST(document)?.operation === OperationTypeNode.MUTATION;

const failed = (error: unknown): Outcome => ({ codes: [], failure: String(error) });

const sendByApolloClient: SendOperation = async ({ url, headers }, operation) => {
  const client = new ApolloClient({ link: new HttpLink({ uri: url, headers }), cache: new InMemoryCache() });
  const { document, variables = {} } = operation;
  try {
    const { data } = isMutation(operation)
      ? await client.mutate({ mutation: document, variables })
      : await client.query({ query: document, variables });
    return { data, codes: [] };
  } catch (error) {
    return CombinedGraphQLErrors.is(error) ? { data: error.data, codes: codesOf(error.errors) } : failed(error);
  } finally {
    client.stop();
  }
};

const sendByGraphqlRequest: SendOperation = async ({ url, headers }, { document, variables = {} }) => {
  try {
    return { data: await new GraphQLClient(url, { headers }).request(document, variables), codes: [] };
  } catch (error) {
    if (!(error instanceof ClientError) || !error.response.errors) return failed(error);
    return { data: error.response.data, codes: codesOf(error.response.errors) };
  }
};

/** urql sends queries by GET unless `preferGetMethod` is false. */
export const createUrqlSender =
  (preferGetMethod?: boolean): SendOperation =>
  async ({ url, headers }, operation) => {
    const client = new Client({
      url,
      exchanges: [cacheExchange, fetchExchange],
      fetchOptions: { headers: { ...headers } },
      ...(preferGetMethod !== undefined && { preferGetMethod }),
    });
    const { document, variables = {} } = operation;
    const { data, error } = isMutation(operation)
      ? await client.mutation(document, variables).toPromise()
      : await client.query(document, variables).toPromise();
    if (error?.networkError) return failed(error);
    return { data, codes: codesOf(error?.graphQLErrors) };
  };

const schema = buildSchema(readFileSync(join(__dirname, "../../../schema/api.graphql"), "utf8"));

interface Body {
  readonly data?: unknown;
  readonly errors?: readonly { readonly path?: unknown }[];
}

/** Relay has no HTTP client. `toPayload` is what an application can make of a response before Relay reads it. */
const createRelaySender =
  (toPayload = (body: Body) => body): SendOperation =>
  async ({ url, headers }, operation) => {
    const fetchFunction: FetchFunction = async ({ text }, variables) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ query: text, variables }),
      });
      return toPayload((await response.json()) as Body) as GraphQLSingularResponse;
    };
    const fieldErrors: Pick<GraphQLFormattedError, "extensions">[] = [];
    const environment = new Environment({
      network: Network.create(fetchFunction),
      store: new Store(new RecordSource()),
      relayFieldLogger: (event) => {
        if (event.kind === "relay_field_payload.error") fieldErrors.push(event.error as never);
      },
    });
    const request = toRelayRequest(schema, operation.document);
    const { variables = {} } = operation;
    try {
      if (!isMutation(operation)) {
        const data: unknown = await fetchQuery(environment, request, variables).toPromise();
        return { data, codes: codesOf(fieldErrors) };
      }
      return await new Promise<Outcome>((resolve, reject) => {
        commitMutation(environment, {
          mutation: request,
          variables,
          onCompleted: (data, errors) => {
            resolve({ data, codes: codesOf((errors ?? []) as never) });
          },
          onError: reject,
        });
      });
    } catch (error) {
      const { source } = error as { source?: { errors?: readonly GraphQLFormattedError[] } };
      return source?.errors ? { codes: codesOf(source.errors) } : failed(error);
    }
  };

/** Makes Relay throw for an error without a path, also if the response has data: behind @apollo/gateway. */
export const sendByStrictRelay = createRelaySender((body) =>
  body.errors?.some(({ path }) => path === undefined) ? { ...body, data: null } : body,
);

export const DEFAULT_CLIENTS = {
  "Apollo Client": sendByApolloClient,
  "graphql-request": sendByGraphqlRequest,
  Relay: createRelaySender(),
  urql: createUrqlSender(false),
} as const satisfies Readonly<Record<string, SendOperation>>;
