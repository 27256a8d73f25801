import { type HttpClient } from "../../platform/http/client/http-client";
import { type EndpointCall } from "../../platform/http/client/endpoint-call";
import { path } from "../../platform/http/client/path";
import { ProviderFailure } from "../../platform/http/client/provider-failure";
import { createDeadline, type Deadline, withDeadline } from "../../platform/kernel/deadline";
import { type MonotonicClock } from "../../platform/kernel/monotonic-clock";
import { createTokenSource, type TokenSource } from "./token-source";
import {
  Accepted,
  LinkToken,
  type MemberProfile,
  type OfferChange,
  toOfferChangeBody,
  toProfileBody,
  TokenGrant,
} from "./avibra.wire";
import { MemberBenefits } from "./benefits.wire";

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
  /** The token endpoint has a host of its own. */
  readonly tokenHttp: HttpClient;
  readonly tokenPath: string;
  readonly credentials: AvibraCredentials;
  readonly timeoutMs: number;
  readonly clock: MonotonicClock;
}

/** One write: its idempotency key, which attempt it is, and the deadline of the operation that it belongs to. */
export interface WriteOptions {
  readonly idempotencyKey: string;
  readonly attempt: number;
  readonly deadline: Deadline;
}

/**
 * Without a token nothing of the call that needs it has left. The endpoint documents 400 alone for every refusal; what it refuses
 * is our credentials.
 */
function rethrowTokenFailure(error: unknown): never {
  if (!(error instanceof ProviderFailure)) throw error;
  const { call, reason, status, retryAfter } = error;
  throw new ProviderFailure({
    kind: error.kind === "refused" ? "unauthorised" : error.kind,
    call,
    reason,
    maybeProcessed: false,
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

const isUnauthorized = (error: unknown) => error instanceof ProviderFailure && error.status === 401;

export type AvibraClient = ReturnType<typeof createAvibraClient>;

/** Avibra Integration API 1.0.2, one method per endpoint. Every failure is a `ProviderFailure`. */
export function createAvibraClient({ http, tokenHttp, tokenPath, credentials, timeoutMs, clock }: AvibraOptions) {
  const { apiKey, partnerName, linkUsername, linkPassword } = credentials;
  const basic = `Basic ${Buffer.from(`${linkUsername}:${linkPassword}`).toString("base64")}`;

  const fetchToken = () => {
    const { clientId: client_id, clientSecret: client_secret, scope } = credentials;
    const form = { grant_type: "client_credentials", client_id, client_secret, scope };
    const grant = { name: "avibra.token.fetch", method: "POST", path: tokenPath, repeat: "safe", timeoutMs } as const;
    // Many operations wait for one token: it has a deadline of its own, not that of whoever asked first.
    return tokenHttp
      .call({ ...grant, body: { form }, response: TokenGrant }, createDeadline(clock, timeoutMs))
      .catch(rethrowTokenFailure);
  };
  const tokens: TokenSource = createTokenSource({ fetchToken, clock, random: Math.random });

  /** Waits for a token no longer than the operation may; the fetch itself goes on for the others. */
  function getTokenWithin(deadline: Deadline, call: string): Promise<string> {
    const createTimeoutFailure = () =>
      new ProviderFailure({ kind: "timeout", call, reason: "no token in time", maybeProcessed: false });
    return withDeadline(deadline, tokens.getToken(), createTimeoutFailure);
  }

  /** Sends a call with the access token; once again with a new one where the provider does not know it any more. */
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
      // A 401 says that nothing was done, so repeating it with a new token is safe for every call.
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

  function write(call: Pick<EndpointCall<true>, "name" | "method" | "path" | "body">, options: WriteOptions) {
    const { idempotencyKey, attempt, deadline } = options;
    const policy = { repeat: "keyed", timeoutMs, attempt, headers: createWriteHeaders(idempotencyKey) } as const;
    return sendAuthorized(http.call, { ...call, ...policy, response: Accepted }, deadline);
  }

  return {
    /** Creates the user's account. */
    createUser(profile: MemberProfile, options: WriteOptions) {
      const json = toProfileBody(profile, partnerName);
      return write(
        { name: "avibra.user.create", method: "POST", path: "/user/account/create", body: { json } },
        options,
      );
    },

    /** Changes names, e-mail or phone. */
    updateUser(profile: MemberProfile, options: WriteOptions) {
      const json = toProfileBody(profile, partnerName);
      return write(
        { name: "avibra.user.update", method: "POST", path: "/user/account/update", body: { json } },
        options,
      );
    },

    /** Cancels the user's offer: the partner is not billed for it any more. A DELETE that moves money, so never `safe`. */
    cancelUser(userId: string, options: WriteOptions) {
      return write(
        { name: "avibra.user.cancel", method: "DELETE", path: path`/user/account/cancel/${userId}` },
        options,
      );
    },

    /** Tells Avibra of a member ahead of enrollment. A key that was used for an existing entry is refused with 409. */
    prefillUser(profile: MemberProfile, options: WriteOptions) {
      const json = toProfileBody(profile, partnerName);
      return write({ name: "avibra.user.prefill", method: "POST", path: "/user/prefill", body: { json } }, options);
    },

    /** A one-time token for the portal's URL. A secret: neither stored nor logged. A new one each time, so `safe`. */
    createLinkToken(userId: string, deadline: Deadline): Promise<string> {
      const json = { userid: userId, partnername: partnerName };
      const headers = { authorization: basic, "x-api-key": apiKey };
      const call = { name: "avibra.user.link", method: "POST", path: "/user/linktoken3", repeat: "safe" } as const;
      return http.call({ ...call, timeoutMs, headers, body: { json }, response: LinkToken }, deadline);
    },

    /** Moves the user to another offer (path and body assumed). */
    changeOffer(change: OfferChange, options: WriteOptions) {
      const json = toOfferChangeBody(change, partnerName);
      return write({ name: "avibra.offers.change", method: "POST", path: "/user/offers", body: { json } }, options);
    },

    /** Benefits, current offer and available offers of one user; null for a user whom Avibra does not know. */
    async listBenefits(userId: string, deadline: Deadline): Promise<MemberBenefits | null> {
      const call = {
        name: "avibra.benefits.list",
        method: "GET",
        path: path`/user/benefits/${userId}`,
        repeat: "safe",
      } as const;
      const benefits = await sendAuthorized(http.find, { ...call, timeoutMs, response: MemberBenefits }, deadline);
      if (benefits === null || benefits.userId === userId) return benefits;
      throw new ProviderFailure({ kind: "unreadable", call: call.name, reason: "another user's answer", status: 200 });
    },

    /** Whether Avibra bears one more retry of a write. */
    acquireRetry: () => http.acquireRetry(),

    /** For health: the access token's state. */
    tokenState: () => tokens.state(),
  };
}
