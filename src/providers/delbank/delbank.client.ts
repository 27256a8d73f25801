import { type ZodType } from "zod";
import { type HttpClient } from "../../platform/http/client/http-client";
import { type EndpointCall } from "../../platform/http/client/endpoint-call";
import { path } from "../../platform/http/client/path";
import { ProviderFailure } from "../../platform/http/client/provider-failure";
import { type Deadline } from "../../platform/kernel/deadline";
import { Authorization, Cancellation, CancellationReceipt } from "./delbank.wire";
import { type CancellationReason } from "./cancellation-reason";
import { isAmbiguous, type PersonType } from "./tax-id";

/** `automatic-pix`: mid 2025, the default. `pix-automatic`: end 2025 on. */
export type DelbankGeneration = "automatic-pix" | "pix-automatic";

export interface DelbankOptions {
  readonly http: HttpClient;
  readonly generation: DelbankGeneration;
  readonly apiKey: string;
  readonly accountId: string;
  /** The `Authorization` header, where Delbank asks for one (its pages disagree). */
  readonly authorization?: string;
  readonly timeoutMs: number;
  /** Told of each party in an authorization that was read whose document does not say whose it is. */
  readonly onAmbiguousDocument?: (party: "payer" | "beneficiary") => void;
}

/** Who asks for a cancellation, and why. */
export interface CancellationRequest {
  readonly recurrenceId: string;
  readonly requesterType: PersonType;
  readonly requesterDocument: string;
  readonly reason: CancellationReason;
}

export type DelbankClient = ReturnType<typeof createDelbankClient>;

/** Delbank's Automatic Pix, one method per endpoint. Every failure is a `ProviderFailure`. */
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

  /** A read whose 404 means absence and whose answer must be the one that was asked for. */
  async function find<Result>(
    call: { readonly name: string; readonly path: string; readonly response: ZodType<Result> },
    matchesRequest: (response: Result) => boolean,
    deadline: Deadline,
  ): Promise<Result | null> {
    const endpointCall: EndpointCall<Result> = { ...call, method: "GET", repeat: "safe", timeoutMs, headers };
    const response = await http.find(endpointCall, deadline);
    if (response === null || matchesRequest(response)) return response;
    throw new ProviderFailure({ kind: "unreadable", call: call.name, reason: "another one's answer", status: 200 });
  }

  return {
    /**
     * Asks for the cancellation of an authorization. Delbank documents no idempotency, so this is `once`: after an
     * outcome that is not known it is never sent again; the authorization is read instead.
     */
    async requestCancellation(request: CancellationRequest, deadline: Deadline): Promise<CancellationReceipt> {
      // The documentation calls the segment `cancellationIdentifier`; we read it as the recurrence id (assumed), here only.
      const url = basePath + path`/authorizations/${request.recurrenceId}/cancellations`;
      const call = { name: "delbank.cancellations.request", method: "POST", path: url, repeat: "once" } as const;
      const body = { json: toCancellationBody(request) };
      const receipt = await http.call({ ...call, timeoutMs, headers, body, response: CancellationReceipt }, deadline);
      if (receipt.recurrenceId === request.recurrenceId) return receipt;
      throw new ProviderFailure({ kind: "unreadable", call: call.name, reason: "another one's answer", status: 200 });
    },

    /** One cancellation; null where Delbank knows none. */
    getCancellation(recurrenceId: string, id: string, deadline: Deadline): Promise<Cancellation | null> {
      const url = basePath + path`/authorizations/${recurrenceId}/cancellations/${id}`;
      const matchesRequest = (response: Cancellation) => response.recurrenceId === recurrenceId && response.id === id;
      return find({ name: "delbank.cancellations.get", path: url, response: Cancellation }, matchesRequest, deadline);
    },

    /** One authorization; null where Delbank knows none. */
    async getAuthorization(recurrenceId: string, deadline: Deadline): Promise<Authorization | null> {
      const url = basePath + path`/authorizations/${recurrenceId}`;
      const matchesRequest = (response: Authorization) => response.recurrenceId === recurrenceId;
      const call = { name: "delbank.authorizations.get", path: url, response: Authorization };
      const found = await find(call, matchesRequest, deadline);
      if (found)
        for (const party of ["payer", "beneficiary"] as const)
          if (isAmbiguous(found[party])) onAmbiguousDocument?.(party);
      return found;
    },
  };
}
