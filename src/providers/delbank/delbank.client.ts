import { type HttpClient } from "../../platform/http/client/http-client";
import { type Endpoint } from "../../platform/http/client/endpoint";
import { ProviderFailure } from "../../platform/http/client/provider-failure";
import { type Deadline } from "../../platform/kernel/deadline";
import { type Authorization, type CancellationReceipt } from "./delbank.wire";
import * as endpoints from "./endpoints";
import { type CancellationReason } from "./cancellation-reason";
import { isAmbiguous, type PersonType } from "./tax-id";

/** `automatic-pix`: mid 2025, the default. `pix-automatic`: end 2025 on. */
export type DelbankGeneration = "automatic-pix" | "pix-automatic";

export interface DelbankOptions {
  readonly http: HttpClient;
  readonly generation: DelbankGeneration;
  readonly apiKey: string;
  readonly accountId: string;
  /** The `Authorization` header, if Delbank requires one (its pages disagree). */
  readonly authorization?: string;
  readonly timeoutMs: number;
  /** Called for each party of an authorization whose document is ambiguous. */
  readonly onAmbiguousDocument?: (party: "payer" | "beneficiary") => void;
}

/** A cancellation request: who requests it, and why. */
export interface CancellationRequest {
  readonly recurrenceId: string;
  readonly requesterType: PersonType;
  readonly requesterDocument: string;
  readonly reason: CancellationReason;
}

export type DelbankClient = ReturnType<typeof createDelbankClient>;

type Parties = Pick<Authorization, "payer" | "beneficiary">;

const createMismatch = (call: string) =>
  new ProviderFailure({ kind: "unreadable", call, reason: "response of another resource", status: 200 });

/** Delbank's Automatic Pix: `find` for reads, and the cancellation request. Every failure is a `ProviderFailure`. */
export function createDelbankClient(options: DelbankOptions) {
  const { http, generation, apiKey, accountId, authorization, timeoutMs, onAmbiguousDocument } = options;
  const basePath = generation === "automatic-pix" ? "/automatic-pix" : "/pix/automatic";
  const headers = {
    "x-delbank-api-key": apiKey,
    "x-delfinance-account-id": accountId,
    ...(authorization !== undefined && { authorization }),
  };

  function toCancellationBody({ requesterType, requesterDocument, reason }: CancellationRequest) {
    if (generation === "pix-automatic") return { cancellationReason: reason };
    return { payerAccountType: requesterType, cancellationReqDocument: requesterDocument, cancellationReason: reason };
  }

  /** The call of an endpoint with these arguments. */
  const createCall = <Args extends readonly string[], Result>(endpoint: Endpoint<Args, Result>, args: Args) => ({
    ...endpoint,
    path: basePath + endpoint.path(...args),
    timeoutMs,
    headers,
  });

  /** Sends a read, once if there is an `attempt`. Resolves to null if Delbank answers 404. */
  async function read<Args extends readonly string[], Result extends object>(
    endpoint: Endpoint<Args, Result>,
    args: Args,
    { deadline, attempt }: { readonly deadline: Deadline; readonly attempt?: number },
  ): Promise<Result | null> {
    const call = createCall(endpoint, args);
    const found = await http.find({ ...call, ...(attempt !== undefined && { attempt }) }, deadline);
    if (found === null) return null;
    if (endpoint.matches?.(found, ...args) === false) throw createMismatch(endpoint.name);
    const parties: Partial<Parties> = found;
    for (const party of ["payer", "beneficiary"] as const)
      if (parties[party] && isAmbiguous(parties[party])) onAmbiguousDocument?.(party);
    return found;
  }

  return {
    find: <Args extends readonly string[], Result extends object>(
      endpoint: Endpoint<Args, Result>,
      args: Args,
      deadline: Deadline,
    ) => read(endpoint, args, { deadline }),

    /** Requests the cancellation of an authorization. Sent at most once. */
    async requestCancellation(request: CancellationRequest, deadline: Deadline): Promise<CancellationReceipt> {
      const body = { json: toCancellationBody(request) };
      const call = createCall(endpoints.requestCancellation, [request.recurrenceId]);
      const receipt = await http.call({ ...call, body }, deadline);
      if (call.matches?.(receipt, request.recurrenceId) !== false) return receipt;
      throw createMismatch(call.name);
    },

    /** Returns one authorization; null if Delbank does not know it. */
    getAuthorization: (recurrenceId: string, deadline: Deadline) =>
      read(endpoints.getAuthorization, [recurrenceId], { deadline }),

    /** The same in one request, without retries: for a caller that reads again later. */
    getAuthorizationOnce: (recurrenceId: string, deadline: Deadline) =>
      read(endpoints.getAuthorization, [recurrenceId], { deadline, attempt: 1 }),
  };
}
