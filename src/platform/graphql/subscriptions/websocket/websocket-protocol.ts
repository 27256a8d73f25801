import { type FormattedExecutionResult, GraphQLError, type GraphQLSchema, parse } from "graphql";
import { makeServer, type WebSocket } from "graphql-ws";
import { type TokenVerifier } from "../../../auth/token-verifier";
import { resolveRequestId } from "../../../errors/request-id";
import { SubgraphError } from "../../../errors/subgraph-error";
import { getAuthorization } from "./connection-params";
import { withUniqueSubscriptionIds } from "./unique-subscription-ids";
import { type Quota } from "../../../kernel/quota";
import { type OpenSubscription } from "../open-subscription";
import { type Subscriptions } from "../subscriptions";

/** One client's connection, beyond what the library keeps. */
export interface Connection {
  /** From the handshake's header; replaced by what the client sends to initialise it, if it sends one. */
  authorization: string | undefined;
  readonly close: (code: number, reason: string) => void;
  /** Calls `leave` once it is closed; at once if it is. */
  readonly whenClosed: (listener: () => void) => void;
}

export interface WebSocketProtocolOptions {
  readonly schema: GraphQLSchema;
  readonly subscriptions: Subscriptions;
  readonly verifyToken: TokenVerifier;
  /** Initialised connections, by whose they are. */
  readonly quota: Quota;
  readonly initTimeoutMs: number;
}

/** https://www.iana.org/assignments/websocket: 1013 "Try Again Later". */
export const TRY_AGAIN_LATER = 1013;

/** The library asks of a document only what kind of operation it is: this one's was checked, and it was opened, before. */
const PLACEHOLDER_SUBSCRIPTION = parse("subscription { opened }");

/** The protocol `graphql-transport-ws`: a connection speaks for one caller, and carries subscriptions alone. */
export function createWebSocketProtocol(options: WebSocketProtocolOptions) {
  const { schema, subscriptions, verifyToken, quota, initTimeoutMs } = options;

  async function authenticate(connection: Connection): Promise<boolean> {
    try {
      const caller = await verifyToken(connection.authorization);
      const release = caller && quota.acquire(caller.userId);
      if (release) connection.whenClosed(release);
      else if (caller) connection.close(TRY_AGAIN_LATER, "Too many connections");
      return release !== undefined;
    } catch (error) {
      if (!(error instanceof SubgraphError)) throw error;
      if (error.retryable) connection.close(TRY_AGAIN_LATER, "Try again later");
      return false; // and the library closes it as forbidden
    }
  }

  const server = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect({ extra, connectionParams }) {
      extra.authorization = getAuthorization(connectionParams) ?? extra.authorization;
      return authenticate(extra);
    },
    async onSubscribe({ extra: { authorization } }, _id, { query, variables, operationName }) {
      const id = resolveRequestId(undefined);
      const opened = await subscriptions.open({ id, authorization, query, variables, operationName });
      if (!("errors" in opened)) return { schema, document: PLACEHOLDER_SUBSCRIPTION, contextValue: opened };
      return opened.errors.map(({ message, extensions = {} }) => new GraphQLError(message, { extensions }));
    },
    subscribe: ({ contextValue }) => contextValue as OpenSubscription as never,
    // A result's errors are formatted; the library would ask each for the JSON that it is already.
    onNext: (...[, , , , result]) => result as FormattedExecutionResult,
    // What was refused is ready to be shown; what was thrown is not.
    onError: (...[, , , errors]) =>
      errors.map((error) => (error.originalError ? subscriptions.toFormattedError(error) : error.toJSON())),
  });
  return {
    opened: (socket: WebSocket, connection: Connection) => server.opened(withUniqueSubscriptionIds(socket), connection),
  };
}
