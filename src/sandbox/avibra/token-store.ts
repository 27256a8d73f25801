import { randomAlphanumeric } from "../server/random";
import { type Clock } from "../server/clock";
import { type HttpResponse, jsonResponse } from "../server/http-response";
import { avibraCredentials } from "./credentials";

const LIFETIME_SECONDS = 3_600;
const FORM_CONTENT_TYPE = "application/x-www-form-urlencoded";

/** The token endpoint (D: OAuth 2.0 client credentials, all parameters in the form, statuses 200 and 400) and its tokens. */
export class TokenStore {
  readonly #clock: Clock;
  #expiryMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(contentType: string | undefined, body: string): HttpResponse {
    if (contentType?.split(";")[0]?.trim().toLowerCase() !== FORM_CONTENT_TYPE) return oauthError("invalid_request");
    const form = new URLSearchParams(body);
    for (const name of ["grant_type", "client_id", "client_secret", "scope"]) {
      if (form.getAll(name).length !== 1) return oauthError("invalid_request");
    }
    if (form.get("grant_type") !== "client_credentials") return oauthError("unsupported_grant_type");
    const isKnownClient =
      form.get("client_id") === avibraCredentials.clientId &&
      form.get("client_secret") === avibraCredentials.clientSecret;
    if (!isKnownClient) return oauthError("invalid_client");
    if (form.get("scope") !== avibraCredentials.scope) return oauthError("invalid_scope");
    const token = `sandbox-token-${randomAlphanumeric(32)}`;
    this.#expiryMs.set(token, this.#clock.nowMs() + LIFETIME_SECONDS * 1_000);
    const response = jsonResponse(200, { access_token: token, expires_in: LIFETIME_SECONDS, token_type: "Bearer" });
    return { ...response, headers: { "cache-control": "no-store" } };
  }

  isValid(token: string): boolean {
    const expiryMs = this.#expiryMs.get(token);
    return expiryMs !== undefined && this.#clock.nowMs() < expiryMs;
  }

  /**
   * A reset changes the clock, but not the clients' token caches. Each token therefore keeps its remaining lifetime, so that a
   * test after a reset does not begin with an unexpected 401.
   */
  shiftExpiries(jumpMs: number): void {
    const nowMs = this.#clock.nowMs();
    const shifted = [...this.#expiryMs].map(([token, expiryMs]) => [token, expiryMs + jumpMs] as const);
    this.#expiryMs = new Map(shifted.filter(([, expiryMs]) => expiryMs > nowMs));
  }
}

function oauthError(error: string): HttpResponse {
  return jsonResponse(400, { error });
}
