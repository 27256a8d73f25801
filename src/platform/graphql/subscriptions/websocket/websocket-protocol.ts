import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
} from "graphql";
import { CloseCode, makeServer, type WebSocket } from "graphql-ws";
import { type AuthenticationFailure } from "../../../auth/authentication-failure";
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
  /** Call when the secret and the token are valid. */
  readonly markVerified: () => void;
  /** Why its subscriptions are refused. */
  refusal?: SubgraphError;
  readonly close: (code: number, reason: string) => void;
  /** Calls the listener when the connection closes, or immediately if it is closed. */
  readonly whenClosed: (listener: () => void) => void;
}

export interface WebSocketProtocolOptions {
  readonly schema: GraphQLSchema;
  readonly subscriptions: Subscriptions;
  readonly verifyToken: TokenVerifier;
  readonly isAuthorizedRouter: (secret: string | undefined) => boolean;
  /** Called for each `connection_init` without the required secret. */
  readonly onUnauthenticated: (reason: AuthenticationFailure) => void;
  /** Initialized connections of each caller. */
  readonly quota: Quota;
  readonly initTimeoutMs: number;
}

/** https://www.iana.org/assignments/websocket: 1013 "Try Again Later". */
export const TRY_AGAIN_LATER = 1013;

/** Why a connection is closed, and the error of a subscription for the same reason. */
interface Refusal {
  readonly error: SubgraphError;
  readonly code: number;
  readonly reason: string;
}

const NO_TOKEN: Refusal = {
  error: new SubgraphError("UNAUTHENTICATED"),
  code: CloseCode.Forbidden,
  reason: TOKEN_MISSING,
};
const TOO_MANY_CONNECTIONS: Refusal = {
  error: new SubgraphError("LIMIT_EXCEEDED", { message: "Too many WebSockets of this caller are open." }),
  code: TRY_AGAIN_LATER,
  reason: "Too many connections",
};

/** graphql-ws reads only the operation type of the document: `onSubscribe` has checked and opened the real one. */
const PLACEHOLDER_SUBSCRIPTION = parse("subscription { opened }");

/** An error that is sent as it is, also with the locations that it has in the document. */
class FormattedError extends GraphQLError {
  constructor(private readonly formatted: GraphQLFormattedError) {
    super(formatted.message);
  }

  override toJSON(): GraphQLFormattedError {
    return this.formatted;
  }
}

/** The protocol `graphql-transport-ws`. A connection has one caller and carries only subscriptions. */
export function createWebSocketProtocol(options: WebSocketProtocolOptions) {
  const { schema, subscriptions, verifyToken, isAuthorizedRouter, quota, initTimeoutMs } = options;

  async function authenticate({ authorization, whenClosed }: Connection): Promise<Refusal | undefined> {
    try {
      const caller = await verifyToken(authorization);
      if (!caller) return NO_TOKEN;
      const release = quota.acquire(caller.userId);
      if (!release) return TOO_MANY_CONNECTIONS;
      whenClosed(release);
      return undefined;
    } catch (error) {
      if (!(error instanceof SubgraphError)) throw error;
      return error.retryable
        ? { error, code: TRY_AGAIN_LATER, reason: "Try again later" }
        : { error, code: CloseCode.Forbidden, reason: TOKEN_NOT_VALID };
    }
  }

  /** Returns whether the connection is acknowledged. */
  async function connect(connection: Connection, params: Record<string, unknown> | undefined): Promise<boolean> {
    const { isUnverified } = connection;
    const secret = getRouterSecret(params);
    if (isUnverified && !isAuthorizedRouter(secret)) {
      options.onUnauthenticated(secret === undefined ? "router_secret_missing" : "router_secret_wrong");
      connection.close(CloseCode.Forbidden, SECRET_NOT_VALID);
      return false;
    }
    connection.authorization = getAuthorization(params) ?? connection.authorization;
    const refusal = await authenticate(connection);
    if (!refusal) {
      connection.markVerified();
      return true;
    }
    if (isUnverified) {
      connection.refusal = refusal.error; // a router shows its client errors, but not why a connection was closed
      return true;
    }
    connection.close(refusal.code, refusal.reason);
    return false; // graphql-ws would close it with 4403
  }

  const server = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect: ({ extra, connectionParams }) => connect(extra, connectionParams),
    async onSubscribe({ extra: { authorization, refusal } }, _id, { query, variables, operationName }) {
      const id = resolveRequestId(undefined);
      const analysis = refusal && { analysis: refusal };
      const opened = await subscriptions.open({ id, authorization, query, variables, operationName, ...analysis });
      if (!("errors" in opened)) return { schema, document: PLACEHOLDER_SUBSCRIPTION, contextValue: opened };
      return opened.errors.map((error) => new FormattedError(error));
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
