import { z } from "zod";
import { flag, integer, originList, pemFile, timeoutMs } from "../values";
import { variable, type ValuesOf } from "../variable";

export type ServerConfig = ValuesOf<typeof serverVariables>;

/** The HTTP server: address, TLS, timeouts, shutdown. */
export const serverVariables = {
  host: variable("HOST", z.string().default("127.0.0.1"), "address to listen on; `localhost` means 127.0.0.1"),
  port: variable("PORT", integer(0, 65_535, 4001), "port to listen on; 0 uses a free port"),
  tlsCert: variable(
    "TLS_CERT_FILE",
    pemFile.optional(),
    "PEM file of the server certificate, followed by its chain; enables https",
  ),
  tlsKey: variable("TLS_KEY_FILE", pemFile.optional(), "PEM file of the server certificate's key"),
  tlsClientCa: variable(
    "TLS_CLIENT_CA_FILE",
    pemFile.optional(),
    "PEM file of an authority; every path except health and webhooks then requires a client certificate of it",
  ),
  receiveTimeoutMs: variable(
    "RECEIVE_TIMEOUT_MS",
    timeoutMs(30_000),
    "maximum time to receive a request, headers and body, in milliseconds; then 408",
  ),
  sendTimeoutMs: variable(
    "SEND_TIMEOUT_MS",
    timeoutMs(30_000),
    "maximum time for a client to read a response, in milliseconds; then it is disconnected",
  ),
  keepAliveTimeoutMs: variable(
    "KEEP_ALIVE_TIMEOUT_MS",
    timeoutMs(72_000),
    "time after which an idle connection is closed, in milliseconds",
  ),
  requestTimeoutMs: variable(
    "REQUEST_TIMEOUT_MS",
    timeoutMs(10_000),
    "maximum time to execute a GraphQL request, in milliseconds",
  ),
  shutdownDelayMs: variable(
    "SHUTDOWN_DELAY_MS",
    integer(0, 60_000, 500),
    "time after SIGTERM in which requests are still accepted and `/health/ready` returns 503, in milliseconds",
  ),
  shutdownTimeoutMs: variable(
    "SHUTDOWN_TIMEOUT_MS",
    integer(0, 600_000, 15_000),
    "maximum time after that for requests in flight to finish, in milliseconds",
  ),
  corsOrigins: variable(
    "CORS_ORIGINS",
    originList.default([]),
    "comma list of origins whose pages may send requests and open WebSockets; the sandbox allows loopback origins",
  ),
  playground: variable(
    "PLAYGROUND",
    flag.default(false),
    "serves the playground at `/` and the reference at `/docs`; `true` in the sandbox",
  ),
};
