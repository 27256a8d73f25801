import { createOperationHandlers } from "../../../src/app/operation-handlers";
import { type HttpClientOptions } from "../../../src/platform/http/client/http-client";
import { monotonicClock } from "../../../src/platform/kernel/monotonic-clock";
import { createAvibraClient } from "../../../src/providers/avibra/avibra.client";
import { createDelbankClient } from "../../../src/providers/delbank/delbank.client";
import { type Sandboxes } from "../../../src/sandbox";
import { createTestHttpClient } from "../http/test-http-client";

/** Longer than any response of a sandbox takes: no call times out. */
const TIMEOUT_MS = 120_000;

export interface SandboxHandlersOptions extends Partial<HttpClientOptions> {
  /** Default: `automatic-pix`. */
  readonly generation?: "automatic-pix" | "pix-automatic";
  /** Where Delbank listens. Default: the sandbox. */
  readonly delbankUrl?: string;
}

/** The program's handlers of every kind of operation, with its clients of the sandboxes. No call times out. */
export function createSandboxHandlers(
  { avibra, delbank }: Pick<Sandboxes, "avibra" | "delbank">,
  { generation = "automatic-pix", delbankUrl = delbank.url, ...options }: SandboxHandlersOptions = {},
) {
  const connect = (baseUrl: string) => createTestHttpClient({ baseUrl, connectTimeoutMs: TIMEOUT_MS, ...options });
  const avibraHttp = connect(avibra.url);
  const delbankHttp = connect(`${delbankUrl}/baas/api/v1`);
  const avibraClient = createAvibraClient({
    http: avibraHttp,
    tokenHttp: avibraHttp,
    tokenPath: "/oauth2/token",
    credentials: {
      clientId: "sandbox-client",
      clientSecret: "sandbox-client-secret",
      scope: "partner/api",
      apiKey: "sandbox-avibra-api-key",
      partnerName: "sandbox-partner",
      linkUsername: "sandbox-link",
      linkPassword: "sandbox-link-password",
    },
    timeoutMs: TIMEOUT_MS,
    monotonic: monotonicClock,
  });
  const delbankClient = createDelbankClient({
    http: delbankHttp,
    generation,
    apiKey: "sandbox-delbank-api-key",
    accountId: "10000",
    timeoutMs: TIMEOUT_MS,
  });
  return {
    handlers: createOperationHandlers({
      avibra: avibraClient,
      delbank: delbankClient,
      portalUrl: `${avibra.url}/portal`,
    }),
    close: async () => {
      await Promise.all([avibraHttp.close(), delbankHttp.close()]);
    },
  };
}
