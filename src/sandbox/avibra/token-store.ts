import { randomAlphanumeric } from "../server/random";
import { type Clock } from "../server/clock";
import { type Answer, jsonAnswer } from "../server/answer";
import { avibraCredentials } from "./credentials";

const LIFETIME_SECONDS = 3_600;
const FORM = "application/x-www-form-urlencoded";

/** The token endpoint (D: OAuth 2.0 client credentials, everything in the form, codes 200 and 400) and what it issued. */
export class TokenStore {
  readonly #clock: Clock;
  #expiryMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(contentType: string | undefined, body: string): Answer {
    if (contentType?.split(";")[0]?.trim().toLowerCase() !== FORM) return refused("invalid_request");
    const form = new URLSearchParams(body);
    for (const name of ["grant_type", "client_id", "client_secret", "scope"]) {
      if (form.getAll(name).length !== 1) return refused("invalid_request");
    }
    if (form.get("grant_type") !== "client_credentials") return refused("unsupported_grant_type");
    const isClient =
      form.get("client_id") === avibraCredentials.clientId &&
      form.get("client_secret") === avibraCredentials.clientSecret;
    if (!isClient) return refused("invalid_client");
    if (form.get("scope") !== avibraCredentials.scope) return refused("invalid_scope");
    const token = `sandbox-token-${randomAlphanumeric(32)}`;
    this.#expiryMs.set(token, this.#clock.nowMs() + LIFETIME_SECONDS * 1_000);
    const answer = jsonAnswer(200, { access_token: token, expires_in: LIFETIME_SECONDS, token_type: "Bearer" });
    return { ...answer, headers: { "cache-control": "no-store" } };
  }

  isValid(token: string): boolean {
    const expiryMs = this.#expiryMs.get(token);
    return expiryMs !== undefined && this.#clock.nowMs() < expiryMs;
  }

  /**
   * A reset sets the clock back, not the clients' token caches: a token keeps the lifetime it had left,
   * so that a test after a reset does not begin with a 401 that nobody asked for.
   */
  moveWithClock(jumpMs: number): void {
    const nowMs = this.#clock.nowMs();
    const moved = [...this.#expiryMs].map(([token, expiryMs]) => [token, expiryMs + jumpMs] as const);
    this.#expiryMs = new Map(moved.filter(([, expiryMs]) => expiryMs > nowMs));
  }
}

function refused(error: string): Answer {
  return jsonAnswer(400, { error });
}
