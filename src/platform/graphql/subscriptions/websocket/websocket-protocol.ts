import { type ExecutionResult, type FormattedExecutionResult, GraphQLError, type GraphQLSchema, parse } from "graphql";
import { CloseCode, makeServer, type WebSocket } from "graphql-ws";
import { type TokenVerifier } from "../../../auth/token-verifier";
import { resolveRequestId } from "../../../errors/request-id";
import { SubgraphError } from "../../../errors/subgraph-error";
import { SECRET_NOT_VALID, TOKEN_MISSING, TOKEN_NOT_VALID } from "./close-reasons";
import { getAuthorization, getRouterSecret } from "./connection-params";
import { withUniqueSubscriptionIds } from "./unique-subscription-ids";
import { type Quota } from "../../../kernel/quota";
import { type Subscriptions } from "../subscriptions";

/** Our state of one client's connection. */
export interface Connection {
  /** The handshake's header, or the token of `connection_init` if it contains one. */
  authorization: string | undefined;
  /** Whether the router's secret, if one is configured, still has to be in `connection_init`. */
  readonly isUnverified: boolean;
  /** Call when the secret is valid. */
  readonly markVerified: () => void;
  readonly close: (code: number, reason: string) => void;
  /** Calls the listener when the connection closes, or immediately if it is closed. */
  readonly whenClosed: (listener: () => void) => void;
}

export interface WebSocketProtocolOptions {
  readonly schema: GraphQLSchema;
  readonly subscriptions: Subscriptions;
  readonly verifyToken: TokenVerifier;
  readonly isAuthorizedRouter: (secret: string | undefined) => boolean;
  /** Initialized connections of each caller. */
  readonly quota: Quota;
  readonly initTimeoutMs: number;
}

/** https://www.iana.org/assignments/websocket: 1013 "Try Again Later". */
export const TRY_AGAIN_LATER = 1013;

/** graphql-ws reads only the operation type of the document: `onSubscribe` has checked and opened the real one. */
const PLACEHOLDER_SUBSCRIPTION = parse("subscription { opened }");

/** The protocol `graphql-transport-ws`. A connection has one caller and carries only subscriptions. */
export function createWebSocketProtocol(options: WebSocketProtocolOptions) {
  const { schema, subscriptions, verifyToken, isAuthorizedRouter, quota, initTimeoutMs } = options;

  function verifyRouter(connection: Connection, secret: string | undefined): boolean {
    const isRouter = isAuthorizedRouter(secret);
    if (isRouter) connection.markVerified();
    else connection.close(CloseCode.Forbidden, SECRET_NOT_VALID);
    return isRouter;
  }

  async function authenticate(connection: Connection): Promise<boolean> {
    try {
      const caller = await verifyToken(connection.authorization);
      const release = caller && quota.acquire(caller.userId);
      if (release) connection.whenClosed(release);
      else if (caller) connection.close(TRY_AGAIN_LATER, "Too many connections");
      else connection.close(CloseCode.Forbidden, TOKEN_MISSING);
      return release !== undefined;
    } catch (error) {
      if (!(error instanceof SubgraphError)) throw error;
      if (error.retryable) connection.close(TRY_AGAIN_LATER, "Try again later");
      else connection.close(CloseCode.Forbidden, TOKEN_NOT_VALID);
      return false; // graphql-ws would close it with 4403
    }
  }

  const server = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect({ extra, connectionParams }) {
      if (extra.isUnverified && !verifyRouter(extra, getRouterSecret(connectionParams))) return false;
      extra.authorization = getAuthorization(connectionParams) ?? extra.authorization;
      return authenticate(extra);
    },
    async onSubscribe({ extra: { authorization } }, _id, { query, variables, operationName }) {
      const id = resolveRequestId(undefined);
      const opened = await subscriptions.open({ id, authorization, query, variables, operationName });
      if (!("errors" in opened)) return { schema, document: PLACEHOLDER_SUBSCRIPTION, contextValue: opened };
      return opened.errors.map(({ message, extensions = {} }) => new GraphQLError(message, { extensions }));
    },
    // `onSubscribe` passes the open subscription as context. `onNext` returns its formatted results.
    subscribe: ({ contextValue }) => contextValue as AsyncGenerator<ExecutionResult, void, void>,
    // The errors of a result are formatted: graphql-ws would call their `toJSON`, which they do not have.
    onNext: (...[, , , , result]) => result as FormattedExecutionResult,
    // Errors of `onSubscribe` are formatted; thrown errors are not.
    onError: (...[, , , errors]) =>
      errors.map((error) => (error.originalError ? subscriptions.toFormattedError(error) : error.toJSON())),
  });
  return {
    opened: (socket: WebSocket, connection: Connection) => server.opened(withUniqueSubscriptionIds(socket), connection),
  };
}
