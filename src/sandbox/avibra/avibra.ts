import { type HttpResponse } from "../server/http-response";
import { type Clock } from "../server/clock";
import { appendToJournal } from "../server/journal";
import { type JsonObject, isJsonObject, parseJsonObject, InvalidBody } from "../server/request-body";
import { type Commit, isListOf, type Vendor, type VendorRequest, stripBasePath } from "../server/vendor";
import { type Account, type AvibraState, type LinkToken } from "./account.state";
import { assumedFailure, errorInfo } from "./assumptions";
import { avibraCredentials } from "./credentials";
import { type Endpoint, endpoints } from "./endpoints";
import { eventsOfChange } from "./events";
import { IdempotencyStore } from "./idempotency-store";
import { createSeedState } from "./seeds";
import { TokenStore } from "./token-store";
import { createWebhookControl } from "./webhook-control";
import { WebhookSender } from "./webhook-sender";

const BASE_PATH = "/preprod";
const TOKEN_PATH = "/oauth2/token";
const NO_BODY: JsonObject = {};

interface Route {
  readonly endpoint: Endpoint;
  readonly userId: string;
}

const endpointsByPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
const basicAuthorization = `Basic ${Buffer.from(`${avibraCredentials.linkUsername}:${avibraCredentials.linkPassword}`).toString("base64")}`;

/** Undefined for an unknown path. An empty user ID stays empty, because the vendor documents such a call. */
function matchRoute(path: string): Route | undefined {
  const exact = endpointsByPath.get(path);
  if (exact !== undefined) return { endpoint: exact, userId: "" };
  const slash = path.lastIndexOf("/");
  const endpoint = endpointsByPath.get(path.slice(0, slash));
  return endpoint?.hasUserInPath === true ? { endpoint, userId: decodeURIComponent(path.slice(slash + 1)) } : undefined;
}

/** Simulates Avibra from its contract. */
class Avibra {
  readonly #clock: Clock;
  readonly #tokens: TokenStore;
  readonly webhooks = new WebhookSender();
  #state: AvibraState;
  #idempotency: IdempotencyStore;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tokens = new TokenStore(clock);
    this.#state = createSeedState(clock.now());
    this.#idempotency = new IdempotencyStore(clock);
  }

  handle(request: VendorRequest): HttpResponse {
    const path = stripBasePath(request.path, BASE_PATH);
    if (path === TOKEN_PATH) {
      if (request.method !== "POST") return errorInfo(assumedFailure.wrongMethod, "method not allowed");
      return this.#tokens.issue(request.headers["content-type"], request.body);
    }
    let route: Route | undefined;
    try {
      route = matchRoute(path);
    } catch {
      return errorInfo(400, "the path cannot be decoded");
    }
    if (route === undefined) return errorInfo(assumedFailure.unknownPath, "not found");
    if (request.method !== route.endpoint.method) return errorInfo(assumedFailure.wrongMethod, "method not allowed");
    return this.#checkRequest(request, route.endpoint) ?? this.#run(request, route);
  }

  #checkRequest({ headers }: VendorRequest, endpoint: Endpoint): HttpResponse | undefined {
    const { authorization = "" } = headers;
    const isAuthorized =
      endpoint.auth === "basic"
        ? authorization === basicAuthorization
        : authorization.startsWith("Bearer ") && this.#tokens.isValid(authorization.slice("Bearer ".length));
    if (!isAuthorized) return errorInfo(401, "unauthorized");
    if (endpoint.needsApiKey && headers["x-api-key"] !== avibraCredentials.apiKey) {
      return errorInfo(assumedFailure.badApiKey, "forbidden");
    }
    if (endpoint.onRepeatedKey === undefined) return undefined;
    const { version, "idempotency-key": key } = headers;
    if (version !== "v1" && version !== "v2") {
      return errorInfo(assumedFailure.missingHeader, "Version must be v1 or v2");
    }
    return key === undefined || key === ""
      ? errorInfo(assumedFailure.missingHeader, "Idempotency-Key is required")
      : undefined;
  }

  #run(request: VendorRequest, { endpoint, userId }: Route): HttpResponse {
    // Only v2 is idempotent (D); v1 ignores keys, so every v1 call has its effect.
    const { version, "idempotency-key": key } = request.headers;
    const honoredKey = version === "v2" && typeof key === "string" ? key : undefined;
    const state = this.#state;
    const now = this.#clock.now();
    const run = (): HttpResponse =>
      endpoint.run(
        {
          state,
          now,
          userId,
          commit: (account) => {
            const events = eventsOfChange(endpoint.name, state.accounts.get(account.userId), account);
            state.accounts.set(account.userId, account);
            state.changedIds.add(account.userId);
            const row = { operation: endpoint.name, subject: account.userId, at: now.toISOString() };
            appendToJournal(state.commits, [typeof key === "string" ? { ...row, idempotencyKey: key } : row]);
            for (const name of events) this.webhooks.send({ name, userId: account.userId, at: row.at });
          },
        },
        endpoint.method === "POST" ? parseJsonObject(request.body) : NO_BODY,
      );
    try {
      return endpoint.onRepeatedKey === undefined || honoredKey === undefined
        ? run()
        : this.#runIdempotent(endpoint, honoredKey, run);
    } catch (error) {
      // Not stored: an invalid body does not use up its key.
      if (error instanceof InvalidBody) return errorInfo(assumedFailure.invalidBody, error.message);
      throw error;
    }
  }

  #runIdempotent({ name, onRepeatedKey }: Endpoint, key: string, run: () => HttpResponse): HttpResponse {
    const firstResponse = this.#idempotency.get(name, key);
    if (firstResponse !== undefined)
      return onRepeatedKey === "conflict" ? errorInfo(409, "user exists already") : firstResponse;
    const response = run();
    this.#idempotency.set(name, key, response);
    return response;
  }

  state(): Readonly<Record<string, unknown>> {
    const { accounts, linkTokens, commits } = this.#state;
    return { users: [...accounts.values()], linkTokens, commits };
  }

  /** Members that were never changed are not part of it, so that their seeds stay relative to the date of each start. */
  snapshot(): JsonObject {
    const { accounts, changedIds, linkTokens, commits } = this.#state;
    return {
      accounts: [...accounts.values()].filter(({ userId }) => changedIds.has(userId)),
      linkTokens,
      commits,
      responses: this.#idempotency.list(),
    };
  }

  restore({ accounts, linkTokens, commits, responses }: JsonObject): boolean {
    const isSnapshot =
      isListOf(accounts, "userId", "stage") &&
      isListOf(linkTokens, "userId", "token") &&
      isListOf(commits, "operation", "subject") &&
      Array.isArray(responses) &&
      responses.every((entry) => Array.isArray(entry) && typeof entry[0] === "string" && isJsonObject(entry[1]));
    if (!isSnapshot) return false;
    this.#state = createSeedState(this.#clock.now());
    for (const account of accounts as Account[]) {
      this.#state.accounts.set(account.userId, account);
      this.#state.changedIds.add(account.userId);
    }
    appendToJournal(this.#state.linkTokens, linkTokens as LinkToken[]);
    appendToJournal(this.#state.commits, commits as Commit[]);
    this.#idempotency.restore(responses as ReturnType<IdempotencyStore["list"]>);
    return true;
  }

  reset(clockJumpMs: number): void {
    this.#tokens.shiftExpiries(clockJumpMs);
    this.webhooks.reset();
    this.#state = createSeedState(this.#clock.now());
    this.#idempotency = new IdempotencyStore(this.#clock);
  }
}

export function createAvibra(clock: Clock): Vendor {
  const avibra = new Avibra(clock);
  return {
    basePath: BASE_PATH,
    handle: (request) => avibra.handle(request),
    gatewayError: errorInfo,
    state: () => avibra.state(),
    reset: (clockJumpMs) => {
      avibra.reset(clockJumpMs);
    },
    snapshot: () => avibra.snapshot(),
    restore: (snapshot) => avibra.restore(snapshot),
    control: createWebhookControl(avibra.webhooks, clock),
    close: () => {
      avibra.webhooks.stop();
    },
  };
}
