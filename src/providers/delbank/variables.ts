import { headerText, httpUrl, integer, oneOf, pemFile, timeoutMs } from "../../config/values";
import { type SandboxDefaults, variable, type ValuesOf } from "../../config/variable";

const SANDBOX_PORT = 4102;

export type DelbankConfig = ValuesOf<typeof delbankVariables>;

export const delbankVariables = {
  sandboxPort: variable("DELBANK_SANDBOX_PORT", integer(1, 65_535, SANDBOX_PORT), "port of the simulated Delbank"),
  baseUrl: variable("DELBANK_BASE_URL", httpUrl, "base URL of Delbank's REST API"),
  apiKey: variable("DELBANK_API_KEY", headerText, "value of the header `x-delbank-api-key`"),
  accountId: variable("DELBANK_ACCOUNT_ID", headerText, "value of the header `x-delfinance-account-id`"),
  authorization: variable(
    "DELBANK_AUTHORIZATION",
    headerText.optional(),
    "value of the header `Authorization`, if Delbank requires one",
  ),
  generation: variable(
    "DELBANK_API_GENERATION",
    oneOf("automatic-pix", "pix-automatic").default("automatic-pix"),
    "which of Delbank's two APIs is called",
  ),
  clientCert: variable("DELBANK_CLIENT_CERT_FILE", pemFile.optional(), "PEM file of the client certificate"),
  clientKey: variable("DELBANK_CLIENT_KEY_FILE", pemFile.optional(), "PEM file of the client certificate's key"),
  ca: variable("DELBANK_CA_FILE", pemFile.optional(), "PEM file of the certificate authority to trust"),
  timeoutMs: variable("DELBANK_TIMEOUT_MS", timeoutMs(5000), "maximum time of one call to Delbank, in milliseconds"),
  concurrency: variable("DELBANK_CONCURRENCY", integer(1, 1000, 50), "maximum number of calls to Delbank in flight"),
};

/** Not secrets: the simulated Delbank prints them. */
export const getDelbankSandboxDefaults: SandboxDefaults = (environment) => ({
  DELBANK_BASE_URL: `http://127.0.0.1:${environment["DELBANK_SANDBOX_PORT"] ?? SANDBOX_PORT}/baas/api/v1`,
  DELBANK_API_KEY: "sandbox-delbank-api-key",
  DELBANK_ACCOUNT_ID: "10000",
});
