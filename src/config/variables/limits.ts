import { DEFAULT_PROVIDER_CALLS, DEFAULT_STORE_ROWS } from "../../platform/graphql/limits/router-costs";
import { integer } from "../values";
import { variable, type ValuesOf } from "../variable";

export type LimitsConfig = ValuesOf<typeof limitsVariables>;

/** Connections and requests, before a document is parsed. */
const transport = {
  connections: variable("LIMIT_CONNECTIONS", integer(1, 2 ** 20, 5000), "maximum number of open connections"),
  connectionsPerAddress: variable(
    "LIMIT_CONNECTIONS_PER_ADDRESS",
    integer(0, 2 ** 20, 1000),
    "of one address, before a valid router secret or webhook credentials; 0: no limit",
  ),
  concurrentRequests: variable(
    "LIMIT_CONCURRENT_REQUESTS",
    integer(1, 2 ** 20, 600),
    "maximum number of requests in flight; more return 503",
  ),
  headerBytes: variable(
    "LIMIT_HEADER_BYTES",
    integer(1024, 2 ** 20, 16_384),
    "maximum size of a request's headers with the request line, in bytes",
  ),
  bodyBytes: variable(
    "LIMIT_BODY_BYTES",
    integer(1024, 2 ** 27, 2 ** 20),
    "maximum size of a request's body, in bytes",
  ),
  totalBodyBytes: variable(
    "LIMIT_BODIES_BYTES",
    integer(1024, 2 ** 40, 2 ** 26),
    "maximum size of all request bodies in flight, in bytes; more return 503",
  ),
};

/** One GraphQL request, before it is executed. */
const documents = {
  tokens: variable("LIMIT_TOKENS", integer(1, 1_000_000, 5000), "maximum number of tokens of a document"),
  depth: variable(
    "LIMIT_DEPTH",
    integer(1, 100, 16),
    "maximum nesting of fields, and of lists and objects in the variables; full introspection needs 15",
  ),
  fields: variable(
    "LIMIT_FIELDS",
    integer(1, 100_000, 1000),
    "maximum number of fields and fragments of a document, in every place where they are used",
  ),
  aliases: variable("LIMIT_ALIASES", integer(0, 100_000, 200), "maximum number of aliases of a document"),
  representations: variable(
    "LIMIT_REPRESENTATIONS",
    integer(0, 2 ** 27, 1000),
    "maximum number of different representations of a request",
  ),
  cost: variable(
    "LIMIT_COST",
    integer(1, 2 ** 40, 20_000),
    "maximum query cost: fields and argument values, once for each representation",
  ),
  providerCalls: variable(
    "LIMIT_PROVIDER_CALLS",
    integer(0, 1_000_000, DEFAULT_PROVIDER_CALLS),
    "maximum number of provider calls of a request",
  ),
};

/** Execution of GraphQL requests. */
const execution = {
  nodes: variable(
    "LIMIT_NODES",
    integer(1, 2 ** 31, 50_000),
    "maximum number of fields and list items of a response; a date counts 3, an error 40",
  ),
  responseBytes: variable(
    "LIMIT_RESPONSE_BYTES",
    integer(1024, 2 ** 27, 2 ** 22),
    "maximum size of a response, or of an event of a subscription, in bytes",
  ),
  documentCacheBytes: variable(
    "LIMIT_DOCUMENT_CACHE_BYTES",
    integer(2 ** 20, 2 ** 32, 2 ** 25),
    "maximum size of cached documents on the heap, in bytes: those seen twice, and those of open subscriptions",
  ),
  storeReads: variable(
    "LIMIT_STORE_READS",
    integer(0, 1_000_000, 1000),
    "maximum number of reads of the operation store and the inbox by a request",
  ),
  storeRows: variable(
    "LIMIT_STORE_ROWS",
    integer(0, 1_000_000, DEFAULT_STORE_ROWS),
    "maximum number of operations and events that a request may select: the sum of its `first`",
  ),
  providerBodyBytes: variable(
    "LIMIT_PROVIDER_BODY_BYTES",
    integer(1024, 2 ** 27, 2 ** 20),
    "maximum size of a provider's response, in bytes",
  ),
};

const subscriptions = {
  subscriptions: variable("LIMIT_SUBSCRIPTIONS", integer(0, 2 ** 20, 1000), "maximum number of open subscriptions"),
  subscriptionsPerCaller: variable(
    "LIMIT_SUBSCRIPTIONS_PER_CALLER",
    integer(0, 2 ** 20, 20),
    "maximum number of open subscriptions, and of WebSockets, of one caller",
  ),
  webSockets: variable(
    "LIMIT_WEBSOCKETS",
    integer(0, 2 ** 20, 1000),
    "maximum number of open WebSockets; more return 503",
  ),
  unverifiedWebSockets: variable(
    "LIMIT_UNVERIFIED_WEBSOCKETS",
    integer(0, 2 ** 20, 50),
    "of these, without the router's secret in the handshake and before `connection_init`; 0: none are accepted",
  ),
  webSocketMessageBytes: variable(
    "LIMIT_WEBSOCKET_MESSAGE_BYTES",
    integer(1024, 2 ** 27, 2 ** 17),
    "maximum size of a WebSocket client's message, in bytes",
  ),
  webSocketUnsentBytes: variable(
    "LIMIT_WEBSOCKET_UNSENT_BYTES",
    integer(1024, 2 ** 27, 2 ** 20),
    "maximum size of messages that a WebSocket client has not read, in bytes; then it is disconnected",
  ),
};

const webhooks = {
  concurrentRequests: variable(
    "LIMIT_CONCURRENT_WEBHOOKS",
    integer(1, 2 ** 20, 300),
    "maximum number of events in flight; more return 503",
  ),
  bodyBytes: variable(
    "LIMIT_WEBHOOK_BODY_BYTES",
    integer(1024, 2 ** 24, 65_536),
    "maximum size of an event's body, in bytes",
  ),
};

export const limitsVariables = { transport, documents, execution, subscriptions, webhooks };
