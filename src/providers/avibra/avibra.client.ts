import { type HttpClient } from "../../platform/http/client/http-client";
import { type EndpointCall } from "../../platform/http/client/endpoint-call";
import { type Endpoint } from "../../platform/http/client/endpoint";
import { ProviderFailure } from "../../platform/http/client/provider-failure";
import { createDeadline, type Deadline, withDeadline } from "../../platform/kernel/deadline";
import { type MonotonicClock } from "../../platform/kernel/monotonic-clock";
import { createTokenSource, type TokenSource } from "./token-source";
import { type MemberProfile, type OfferChange, toOfferChangeBody, toProfileBody, TokenGrant } from "./avibra.wire";
import * as endpoints from "./endpoints";

export interface AvibraCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly apiKey: string;
  readonly partnerName: string;
  readonly linkUsername: string;
  readonly linkPassword: string;
}

export interface AvibraOptions {
  readonly http: HttpClient;
  /** HTTP client of the token endpoint, which has its own host. */
  readonly tokenHttp: HttpClient;
  readonly tokenPath: string;
  readonly credentials: AvibraCredentials;
  readonly timeoutMs: number;
  readonly monotonic: MonotonicClock;
}

/** The endpoint of access tokens: its host and path are those of a variable. */
export const TOKEN_ENDPOINT = "avibra.token.fetch";

/** Idempotency key, attempt number and deadline of one write. */
export interface WriteOptions {
  readonly idempotencyKey: string;
  readonly attempt: number;
  readonly deadline: Deadline;
}

/**
 * Without a token, the call that needs it was not sent. The token endpoint documents only 400 for every refusal: it refuses our
 * credentials.
 */
function rethrowTokenFailure(error: unknown): never {
  if (!(error instanceof ProviderFailure)) throw error;
  const { call, reason, status, retryAfter } = error;
  throw new ProviderFailure({
    kind: error.kind === "refused" ? "unauthorized" : error.kind,
    call,
    reason,
    maybeReceived: false,
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

const isUnauthorized = (error: unknown) => error instanceof ProviderFailure && error.status === 401;

export type AvibraClient = ReturnType<typeof createAvibraClient>;

/** Avibra Integration API 1.0.2: `find` for reads, one method for each write. Every failure is a `ProviderFailure`. */
export function createAvibraClient({ http, tokenHttp, tokenPath, credentials, timeoutMs, monotonic }: AvibraOptions) {
  const { apiKey, partnerName, linkUsername, linkPassword } = credentials;
  const basic = `Basic ${Buffer.from(`${linkUsername}:${linkPassword}`).toString("base64")}`;

  const fetchToken = () => {
    const { clientId: client_id, clientSecret: client_secret, scope } = credentials;
    const form = { grant_type: "client_credentials", client_id, client_secret, scope };
    const grant = { name: TOKEN_ENDPOINT, method: "POST", path: tokenPath, repeat: "safe", timeoutMs } as const;
    // Several requests may wait for one token, so it has its own deadline.
    return tokenHttp
      .call({ ...grant, body: { form }, response: TokenGrant }, createDeadline(monotonic, timeoutMs))
      .catch(rethrowTokenFailure);
  };
  const tokens: TokenSource = createTokenSource({ fetchToken, monotonic, random: Math.random });

  /** Waits for a token until the deadline; the fetch continues for other callers. */
  function getTokenWithin(deadline: Deadline, call: string): Promise<string> {
    const createTimeoutFailure = () =>
      new ProviderFailure({ kind: "timeout", call, reason: "no token in time", maybeReceived: false });
    return withDeadline(deadline, tokens.getToken(), createTimeoutFailure);
  }

  /** Sends a call with the access token. Repeats it once with a new token if the provider responds 401. */
  async function sendAuthorized<Parsed, Result>(
    send: (call: EndpointCall<Parsed>, deadline: Deadline) => Promise<Result>,
    call: EndpointCall<Parsed>,
    deadline: Deadline,
  ): Promise<Result> {
    const { attempt = 1 } = call;
    const sendWithToken = (token: string, overrides: Partial<EndpointCall<Parsed>> = {}) =>
      send({ ...call, ...overrides, headers: { ...call.headers, authorization: `Bearer ${token}` } }, deadline);
    const token = await getTokenWithin(deadline, call.name);
    try {
      return await sendWithToken(token);
    } catch (error) {
      // A 401 means that the call was not processed, so every call is safe to repeat with a new token.
      if (!isUnauthorized(error) || !tokens.discard(token)) throw error;
      const retried = sendWithToken(await getTokenWithin(deadline, call.name), { attempt: attempt + 1 });
      return retried.catch((retryError: unknown) => {
        if (isUnauthorized(retryError)) tokens.startCooldown();
        throw retryError;
      });
    }
  }

  /** The headers of a write. v2: synchronous and idempotent, so the same key may be sent again. */
  const createWriteHeaders = (idempotencyKey: string) => ({
    version: "v2",
    "idempotency-key": idempotencyKey,
    "x-api-key": apiKey,
  });

  function write<Args extends readonly string[]>(
    { endpoint, args, json }: { readonly endpoint: Endpoint<Args, true>; readonly args: Args; readonly json?: object },
    { idempotencyKey, attempt, deadline }: WriteOptions,
  ) {
    const policy = { timeoutMs, attempt, headers: createWriteHeaders(idempotencyKey) };
    const call = { ...endpoint, path: endpoint.path(...args), ...policy, ...(json && { body: { json } }) };
    return sendAuthorized(http.call, call, deadline);
  }
  const writeProfile = (endpoint: Endpoint<[], true>, profile: MemberProfile, options: WriteOptions) =>
    write({ endpoint, args: [], json: toProfileBody(profile, partnerName) }, options);

  return {
    createUser: (profile: MemberProfile, options: WriteOptions) => writeProfile(endpoints.createUser, profile, options),
    updateUser: (profile: MemberProfile, options: WriteOptions) => writeProfile(endpoints.updateUser, profile, options),
    prefillUser: (profile: MemberProfile, options: WriteOptions) =>
      writeProfile(endpoints.prefillUser, profile, options),
    cancelUser: (userId: string, options: WriteOptions) =>
      write({ endpoint: endpoints.cancelUser, args: [userId] }, options),
    changeOffer: (change: OfferChange, options: WriteOptions) =>
      write({ endpoint: endpoints.changeOffer, args: [], json: toOfferChangeBody(change, partnerName) }, options),

    /** Returns a one-time token for the portal's URL. A secret: must not be stored or logged. */
    createLinkToken(userId: string, deadline: Deadline): Promise<string> {
      const json = { userid: userId, partnername: partnerName };
      const headers = { authorization: basic, "x-api-key": apiKey };
      const call = { ...endpoints.createLinkToken, path: endpoints.createLinkToken.path() };
      return http.call({ ...call, timeoutMs, headers, body: { json } }, deadline);
    },

    /** Sends a read with the access token. Resolves to null if Avibra answers 404: it does not know the user. */
    async find<Args extends readonly string[], Result extends object>(
      endpoint: Endpoint<Args, Result>,
      args: Args,
      deadline: Deadline,
    ): Promise<Result | null> {
      const call = { ...endpoint, path: endpoint.path(...args), timeoutMs };
      const found = await sendAuthorized<Result, Result | null>(http.find, call, deadline);
      if (found === null || endpoint.matches?.(found, ...args) !== false) return found;
      throw new ProviderFailure({
        kind: "unreadable",
        call: call.name,
        reason: "another user's response",
        status: 200,
      });
    },

    /** Takes one retry from the retry budget; false if none is left. */
    acquireRetry: () => http.acquireRetry(),

    /** For health: the access token's state. */
    tokenState: () => tokens.state(),
    resetToken: () => {
      tokens.reset();
    },
  };
}
