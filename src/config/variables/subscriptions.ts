import { commaList, integer, timeoutMs } from "../values";
import { variable, type ValuesOf } from "../variable";

export type SubscriptionsConfig = ValuesOf<typeof subscriptionsVariables>;

/** Subscriptions by server-sent events, over WebSocket and by the HTTP callback protocol. */
export const subscriptionsVariables = {
  heartbeatMs: variable(
    "SUBSCRIPTION_HEARTBEAT_MS",
    integer(100, 600_000, 12_000),
    "time between two pings of a WebSocket or comments of a stream, and between two checks of a subscription's token, in milliseconds",
  ),
  callbackHosts: variable(
    "SUBSCRIPTION_CALLBACK_HOSTS",
    commaList.default([]),
    "comma list of `host`, `host:port`, `host:*`: routers to which callbacks are sent at public addresses",
  ),
  callbackPrivateHosts: variable(
    "SUBSCRIPTION_CALLBACK_PRIVATE_HOSTS",
    commaList.default([]),
    "the same, at private and loopback addresses; the sandbox allows loopback",
  ),
  callbackTimeoutMs: variable(
    "SUBSCRIPTION_CALLBACK_TIMEOUT_MS",
    timeoutMs(5000),
    "maximum time for a router to respond to a callback, in milliseconds",
  ),
  endTimeoutMs: variable(
    "SUBSCRIPTION_END_TIMEOUT_MS",
    timeoutMs(1000),
    "maximum time at shutdown for clients and routers to receive the end of their subscriptions, in milliseconds",
  ),
  webSocketInitTimeoutMs: variable(
    "WEBSOCKET_INIT_TIMEOUT_MS",
    timeoutMs(3000),
    "maximum time for a WebSocket client to send `connection_init`, in milliseconds",
  ),
  webSocketSecretTimeoutMs: variable(
    "WEBSOCKET_SECRET_TIMEOUT_MS",
    timeoutMs(2000),
    "the same without the router's secret in the handshake: then `connection_init` must contain it",
  ),
};
