import { randomBytes } from "node:crypto";
import { PROVIDERS } from "../../../src/app/providers";

/** The variables that live mode requires with the simulated providers; the test adds those of callers, router and base URLs. */
export function liveVariables(avibraUrl: string): Record<string, string> {
  const providerVariables = Object.values(PROVIDERS)
    .flatMap(({ sandboxDefaults }) => Object.entries(sandboxDefaults({ AVIBRA_BASE_URL: avibraUrl })))
    .filter(([name]) => !name.endsWith("_BASE_URL"));
  return {
    ALLOW_PLAIN_HTTP: "true",
    ...Object.fromEntries(providerVariables),
    AVIBRA_PORTAL_URL: `${avibraUrl}/portal`,
    LEDGER_KEY: randomBytes(32).toString("base64"),
  };
}
