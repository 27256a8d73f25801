import { z } from "zod";
import {
  addressList,
  base64Key,
  basicUsername,
  databaseUrl,
  flag,
  headerText,
  httpUrl,
  commaList,
  integer,
  oneOf,
  pemFile,
  secretList,
  timeoutMs,
} from "./values";

/** Every variable of the environment that is read, with its default and its meaning. The tables of the documentation are generated from it. */
export const Environment = z.object({
  HOST: z.string().default("127.0.0.1").describe("address that the subgraph listens on; `localhost` is 127.0.0.1"),
  PORT: integer(0, 65_535, 4001).describe("port that the subgraph listens on"),
  TLS_CERT_FILE: pemFile.optional().describe("PEM file of the certificate to serve https with, its chain behind it"),
  TLS_KEY_FILE: pemFile.optional().describe("PEM file of that certificate's key"),
  TLS_CLIENT_CA_FILE: pemFile
    .optional()
    .describe("PEM file of an authority: every path but health and webhooks then demands a client certificate of it"),
  NODE_ENV: z.string().optional().describe("`production` refuses to start with the sandbox"),
  PROVIDERS: oneOf("sandbox", "live")
    .default("sandbox")
    .describe("`sandbox`: simulated providers, no credentials; `live`: the real ones"),
  ALLOW_SANDBOX_IN_PRODUCTION: flag.default(false).describe("allow `PROVIDERS=sandbox` with `NODE_ENV=production`"),
  ALLOW_PLAIN_HTTP: flag
    .default(false)
    .describe("allow http URLs of providers and the key server with `PROVIDERS=live`"),
  AVIBRA_SANDBOX_PORT: integer(1, 65_535, 4101).describe("port of the simulated Avibra"),
  DELBANK_SANDBOX_PORT: integer(1, 65_535, 4102).describe("port of the simulated Delbank"),
  AVIBRA_BASE_URL: httpUrl.describe("Avibra's REST base"),
  AVIBRA_TOKEN_URL: httpUrl.describe("Avibra's OAuth token endpoint"),
  AVIBRA_CLIENT_ID: z.string().describe("OAuth client id"),
  AVIBRA_CLIENT_SECRET: z.string().describe("OAuth client secret"),
  AVIBRA_SCOPE: z.string().describe("OAuth scope"),
  AVIBRA_API_KEY: headerText.describe("sent as `x-api-key` where Avibra asks for it"),
  AVIBRA_PARTNER_NAME: z.string().describe("your company's name at Avibra"),
  AVIBRA_LINK_USERNAME: basicUsername.describe("Basic user of the link token endpoint"),
  AVIBRA_LINK_PASSWORD: z.string().describe("Basic password of the link token endpoint"),
  AVIBRA_PORTAL_URL: httpUrl.describe("the portal that link tokens open"),
  AVIBRA_WEBHOOK_USERNAME: basicUsername.describe("Basic user that Avibra's events come with"),
  AVIBRA_WEBHOOK_PASSWORD: commaList.describe(
    "comma list: any of them is taken as the Basic password of Avibra's events",
  ),
  AVIBRA_WEBHOOK_ADDRESSES: addressList
    .default([])
    .describe("comma list of addresses and networks (CIDR) that events may come from; none: from anywhere"),
  AVIBRA_TIMEOUT_MS: timeoutMs(5000).describe("how long one call to Avibra may take"),
  AVIBRA_CONCURRENCY: integer(1, 1000, 50).describe("calls to Avibra under way at once"),
  DELBANK_BASE_URL: httpUrl.describe("Delbank's REST base"),
  DELBANK_API_KEY: headerText.describe("sent as `x-delbank-api-key`"),
  DELBANK_ACCOUNT_ID: headerText.describe("sent as `x-delfinance-account-id`"),
  DELBANK_AUTHORIZATION: headerText.optional().describe("sent as `Authorization`, where Delbank asks for it"),
  DELBANK_API_GENERATION: oneOf("automatic-pix", "pix-automatic")
    .default("automatic-pix")
    .describe("which of Delbank's two APIs is called"),
  DELBANK_CLIENT_CERT_FILE: pemFile.optional().describe("PEM file of the client certificate"),
  DELBANK_CLIENT_KEY_FILE: pemFile.optional().describe("PEM file of the client certificate's key"),
  DELBANK_CA_FILE: pemFile.optional().describe("PEM file of the authority to trust"),
  DELBANK_TIMEOUT_MS: timeoutMs(5000).describe("how long one call to Delbank may take"),
  DELBANK_CONCURRENCY: integer(1, 1000, 50).describe("calls to Delbank under way at once"),
  QUEUE_LENGTH: integer(0, 100_000, 500).describe("calls to one provider that may wait for room; one more is refused"),
  RETRY_PERCENT: integer(0, 100, 10).describe("retries for every hundred calls to a provider; 0: none"),
  BREAKER_MIN_CALLS: integer(1, 10_000, 20).describe("calls to look at before a circuit breaker may open"),
  BREAKER_FAILURE_PERCENT: integer(1, 99, 50).describe(
    "share of its last calls that must fail to open a circuit breaker",
  ),
  BREAKER_OPEN_MS: timeoutMs(5000).describe("how long an open circuit breaker lets nothing through"),
  READ_CACHE_MS: integer(0, 600_000, 5000).describe(
    "how long a read's answer is given again to the same caller; 0: never",
  ),
  READ_CACHE_STALE_MS: integer(0, 600_000, 5000).describe("how much longer, while it is fetched anew"),
  READ_CACHE_STALE_IF_ERROR_MS: integer(0, 3_600_000, 60_000).describe(
    "how much longer, while its provider cannot be asked",
  ),
  READ_CACHE_BYTES: integer(1024, 2 ** 32, 2 ** 25).describe("what kept answers may take"),
  EXPOSE_UPSTREAM_COST: flag.optional().describe("`extensions.upstream` on every answer; on in the sandbox, else off"),
  CONNECT_TIMEOUT_MS: timeoutMs(2000).describe("how long connecting to a provider may take"),
  OPERATION_TIMEOUT_MS: timeoutMs(10_000).describe("how long one GraphQL operation may take"),
  DATA_DIRECTORY: z
    .string()
    .default(".data")
    .describe("where the sandbox's keys and database are kept, across restarts"),
  DATABASE_URL: databaseUrl.describe("where operations are stored: `sqlite:FILE`, `sqlite::memory:` or `postgres://…`"),
  DATABASE_SYNCHRONOUS_COMMIT: oneOf("on", "remote_apply")
    .default("on")
    .describe("PostgreSQL: the least `synchronous_commit` of every write; a stricter setting of the server is kept"),
  LEDGER_KEY: base64Key
    .optional()
    .describe("32 bytes in base64: seals stored inputs, keys fingerprints; in the sandbox one is made and kept"),
  OPERATION_LEASE_MS: timeoutMs(15_000).describe(
    "after this a mutation's or event's process is taken for dead; longer than OPERATION_TIMEOUT_MS",
  ),
  RECONCILE_INTERVAL_MS: timeoutMs(1000).describe(
    "time between two looks for unsettled operations, and for events left behind",
  ),
  CONFIRMATION_WINDOW_MS: integer(1, 2 ** 31 - 1, 900_000).describe(
    "how long an unconfirmed Pix cancellation is looked for",
  ),
  KEYED_WINDOW_MS: integer(1, 82_800_000, 72_000_000).describe(
    "how long an unconfirmed change at Avibra is sent again; Avibra keeps keys for 24 h",
  ),
  WEBHOOK_BODY_TIMEOUT_MS: timeoutMs(10_000).describe("how long an event's body may take to arrive"),
  WEBHOOK_RETENTION_DAYS: integer(1, 36_500, 30).describe("how long the bodies of events are kept, sealed"),
  ROUTER_SECRETS: secretList
    .default([])
    .describe("comma list; the header `Router-Authorization` must equal one of them"),
  AUTH_JWKS_URL: httpUrl
    .optional()
    .describe("key set that verifies callers' tokens; in the sandbox an issuer of our own"),
  AUTH_ISSUER: z.string().describe("the tokens' issuer"),
  AUTH_AUDIENCE: z.string().describe("the tokens' audience"),
  AUTH_USER_CLAIM: z.string().default("sub").describe("claim that holds the user id"),
  AUTH_TAX_ID_CLAIM: z.string().default("tax_id").describe("claim that holds the tax id"),
  PLAYGROUND: flag
    .optional()
    .describe("serve the playground at `/` and the reference at `/docs`; on in the sandbox, else off"),
  SUBSCRIPTION_HEARTBEAT_MS: integer(100, 600_000, 12_000).describe(
    "time between two pings of a WebSocket, and between two looks at a subscription's token",
  ),
  SUBSCRIPTION_CALLBACK_HOSTS: commaList
    .default([])
    .describe("comma list of `host`, `host:port`, `host:*`: routers that may be called back at their public addresses"),
  SUBSCRIPTION_CALLBACK_PRIVATE_HOSTS: commaList
    .default([])
    .describe("the same, at addresses of a private network or of this machine; in the sandbox this machine"),
  SUBSCRIPTION_CALLBACK_TIMEOUT_MS: timeoutMs(5000).describe("how long a router may take to answer a callback"),
  WEBSOCKET_INIT_TIMEOUT_MS: timeoutMs(3000).describe("how long a WebSocket's client may take to say who it is"),
  WEBSOCKET_ORIGINS: commaList
    .default([])
    .describe("comma list: origins of pages that may open a WebSocket, besides those of this host"),
  RECEIVE_TIMEOUT_MS: timeoutMs(30_000).describe("how long a request may take to arrive, headers and body; then 408"),
  SEND_TIMEOUT_MS: timeoutMs(30_000).describe("how long a client may take to read an answer; then it is disconnected"),
  KEEP_ALIVE_TIMEOUT_MS: timeoutMs(72_000).describe("how long an idle connection is kept open"),
  LIMIT_CONNECTIONS: integer(1, 2 ** 20, 5000).describe("connections open at once"),
  LIMIT_CONNECTIONS_PER_ADDRESS: integer(0, 2 ** 20, 1000).describe(
    "those of one address that have not sent a valid router secret or webhook credentials yet; 0: no limit",
  ),
  LIMIT_CONCURRENT_REQUESTS: integer(1, 2 ** 20, 600).describe("requests under way at once; more get a 503"),
  LIMIT_HEADER_BYTES: integer(1024, 2 ** 20, 16_384).describe("largest header of a request, its first line included"),
  LIMIT_BODY_BYTES: integer(1024, 2 ** 27, 2 ** 20).describe("largest request body"),
  LIMIT_BODIES_BYTES: integer(1024, 2 ** 40, 2 ** 26).describe(
    "bytes of request bodies under way at once; more get a 503",
  ),
  LIMIT_CONCURRENT_WEBHOOKS: integer(1, 2 ** 20, 300).describe("events under way at once; more get a 503"),
  LIMIT_WEBHOOK_BODY_BYTES: integer(1024, 2 ** 24, 65_536).describe("largest body of an event"),
  LIMIT_TOKENS: integer(1, 1_000_000, 5000).describe("maximum number of tokens of a document"),
  LIMIT_DEPTH: integer(1, 100, 16).describe(
    "maximum nesting of fields, and of lists and objects in the variables; full introspection needs 15",
  ),
  LIMIT_FIELDS: integer(1, 100_000, 1000).describe(
    "maximum number of fields and fragments of a document, in every place where they are used",
  ),
  LIMIT_ALIASES: integer(0, 100_000, 200).describe("maximum number of aliases of a document"),
  LIMIT_REPRESENTATIONS: integer(0, 2 ** 27, 1000).describe("maximum number of different representations of a request"),
  LIMIT_COST: integer(1, 2 ** 40, 20_000).describe(
    "maximum query cost: fields and argument values, once for each representation",
  ),
  LIMIT_NODES: integer(1, 2 ** 31, 50_000).describe(
    "maximum number of fields and list items of a response, lists by their real length; a date counts 3, an error 40",
  ),
  LIMIT_RESPONSE_BYTES: integer(1024, 2 ** 27, 2 ** 22).describe(
    "maximum size of a response, or of an event of a subscription, in bytes",
  ),
  LIMIT_DOCUMENT_CACHE_BYTES: integer(2 ** 20, 2 ** 32, 2 ** 25).describe(
    "maximum size of cached documents on the heap, in bytes: those seen twice, and those of open subscriptions",
  ),
  LIMIT_PROVIDER_CALLS: integer(0, 1_000_000, 200).describe("maximum number of provider calls of a request"),
  LIMIT_LEDGER_READS: integer(0, 1_000_000, 1000).describe("look-ups in the ledger that one request may cost"),
  LIMIT_LEDGER_ROWS: integer(0, 1_000_000, 1000).describe(
    "places in lists of operations and events that one request may ask for: the sum of their `first`",
  ),
  LIMIT_SUBSCRIPTIONS: integer(0, 2 ** 20, 1000).describe("subscriptions open at once"),
  LIMIT_SUBSCRIPTIONS_PER_CALLER: integer(0, 2 ** 20, 20).describe("those of them, and WebSockets, of one caller"),
  LIMIT_WEBSOCKETS: integer(0, 2 ** 20, 1000).describe("WebSockets open at once; more get a 503"),
  LIMIT_WEBSOCKET_MESSAGE_BYTES: integer(1024, 2 ** 27, 2 ** 17).describe("largest message of a WebSocket's client"),
  LIMIT_WEBSOCKET_UNSENT_BYTES: integer(1024, 2 ** 27, 2 ** 20).describe(
    "what may wait for a WebSocket's client to read it; then it is dropped",
  ),
  LIMIT_PROVIDER_BODY_BYTES: integer(1024, 2 ** 27, 2 ** 20).describe("largest answer read from a provider"),
  SHUTDOWN_DELAY_MS: integer(0, 60_000, 500).describe(
    "how long requests are still taken after SIGTERM, with ready red",
  ),
  SHUTDOWN_TIMEOUT_MS: integer(0, 600_000, 15_000).describe(
    "how long requests under way may take to finish after that",
  ),
  LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent")
    .default("info")
    .describe("JSON lines on stdout"),
});
export type Environment = z.output<typeof Environment>;
