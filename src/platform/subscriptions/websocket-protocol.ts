import { type FormattedExecutionResult, GraphQLError, type GraphQLSchema, parse } from "graphql";
import { makeServer, type WebSocket } from "graphql-ws";
import { type VerifyToken } from "../auth/verify-token";
import { requestIdOf } from "../errors/request-id";
import { SubgraphError } from "../errors/subgraph-error";
import { withIdsUsedOnce } from "./ids-used-once";
import { type Shares } from "./shares";
import { type OpenSubscription } from "./open-subscription";
import { type Subscriptions } from "./subscriptions";

/** One client's connection, beyond what the library keeps. */
export interface Connection {
  /** From the handshake's header; replaced by what the client sends to initialise it, if it sends one. */
  authorization: string | undefined;
  readonly close: (code: number, reason: string) => void;
  /** Calls `leave` once it is closed; at once if it is. */
  readonly whenClosed: (leave: () => void) => void;
}

export interface WebSocketProtocolOptions {
  readonly schema: GraphQLSchema;
  readonly subscriptions: Subscriptions;
  readonly verifyToken: VerifyToken;
  /** Initialised connections, by whose they are. */
  readonly shares: Shares;
  readonly initTimeoutMs: number;
}

/** https://www.iana.org/assignments/websocket: 1013 "Try Again Later". */
export const TRY_AGAIN_LATER = 1013;

/** The library asks of a document only what kind of operation it is: this one's was checked, and it was opened, before. */
const A_SUBSCRIPTION = parse("subscription { opened }");

/** Where clients put their token: GraphiQL and Hive Gateway say `Authorization`, Apollo Router's passthrough says `token`. */
const TOKEN_NAMES = ["Authorization", "authorization", "token"];
/** For what is no text: it is refused, as any text that is none. */
const NO_TOKEN = "";

function authorizationIn(payload: Readonly<Record<string, unknown>> = {}): string | undefined {
  const name = TOKEN_NAMES.find((one) => Object.hasOwn(payload, one));
  const value = name === undefined ? undefined : payload[name];
  return value === undefined || typeof value === "string" ? value : NO_TOKEN;
}

/** The protocol `graphql-transport-ws`: a connection speaks for one caller, and carries subscriptions alone. */
export function createWebSocketProtocol(options: WebSocketProtocolOptions) {
  const { schema, subscriptions, verifyToken, shares, initTimeoutMs } = options;

  async function mayInitialise(connection: Connection): Promise<boolean> {
    try {
      const caller = await verifyToken(connection.authorization);
      const leave = caller && shares.take(caller.userId);
      if (leave) connection.whenClosed(leave);
      else if (caller) connection.close(TRY_AGAIN_LATER, "Too many connections");
      return leave !== undefined;
    } catch (error) {
      if (!(error instanceof SubgraphError)) throw error;
      if (error.retryable) connection.close(TRY_AGAIN_LATER, "Try again later");
      return false; // and the library closes it as forbidden
    }
  }

  const server = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect({ extra, connectionParams }) {
      extra.authorization = authorizationIn(connectionParams) ?? extra.authorization;
      return mayInitialise(extra);
    },
    async onSubscribe({ extra: { authorization } }, _id, { query, variables, operationName }) {
      const id = requestIdOf(undefined);
      const opened = await subscriptions.open({ id, authorization, query, variables, operationName });
      if (!("errors" in opened)) return { schema, document: A_SUBSCRIPTION, contextValue: opened };
      return opened.errors.map(({ message, extensions = {} }) => new GraphQLError(message, { extensions }));
    },
    subscribe: ({ contextValue }) => contextValue as OpenSubscription as never,
    // A result's errors are formatted; the library would ask each for the JSON that it is already.
    onNext: (...[, , , , result]) => result as FormattedExecutionResult,
    // What was refused is ready to be shown; what was thrown is not.
    onError: (...[, , , errors]) =>
      errors.map((error) => (error.originalError ? subscriptions.errorOf(error) : error.toJSON())),
  });
  return { opened: (socket: WebSocket, connection: Connection) => server.opened(withIdsUsedOnce(socket), connection) };
}
