/**
 * Timeouts of minutes, so that requests that must succeed do so on a slow machine. `startSubgraph` and `startProgram` set them. A test
 * of a timeout makes only that one short.
 */
export const LONG_TIMEOUTS = {
  CONNECT_TIMEOUT_MS: "500000",
  AVIBRA_TIMEOUT_MS: "500000",
  DELBANK_TIMEOUT_MS: "500000",
  REQUEST_TIMEOUT_MS: "500000",
  OPERATION_LEASE_MS: "600000",
  DATABASE_CONNECT_TIMEOUT_MS: "500000",
  DATABASE_STATEMENT_TIMEOUT_MS: "500000",
  RECEIVE_TIMEOUT_MS: "500000",
  SEND_TIMEOUT_MS: "500000",
  WEBHOOK_BODY_TIMEOUT_MS: "500000",
  WEBSOCKET_INIT_TIMEOUT_MS: "500000",
  WEBSOCKET_SECRET_TIMEOUT_MS: "500000",
  SUBSCRIPTION_CALLBACK_TIMEOUT_MS: "500000",
} as const;
