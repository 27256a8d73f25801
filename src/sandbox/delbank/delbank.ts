import { setTimeout as sleep } from "node:timers/promises";
import { type HttpResponse, jsonResponse } from "../server/http-response";
import { type Clock } from "../server/clock";
import { appendToJournal } from "../server/journal";
import { randomAlphanumeric } from "../server/random";
import { type JsonObject, parseJsonObject, InvalidBody } from "../server/request-body";
import { type Commit, isListOf, type Vendor, type VendorRequest, stripBasePath } from "../server/vendor";
import { serializeAcceptedCancellation, newerSerializer, olderSerializer, type Serializer } from "./serializers";
import { assumedSituation, failureResponse, newCancellationStatus, processingMs } from "./assumptions";
import { type Authorization, type Cancellation, type DelbankState } from "./authorization.state";
import {
  type CancellationRequest,
  isErrorResponse,
  readNewerRequester,
  readOlderRequester,
  readCancellationRequest,
  type ReadRequester,
} from "./cancellation-request";
import { delbankCredentials } from "./credentials";
import { createDelbankControl } from "./delbank-control";
import { LaggingReplica } from "./lagging-replica";
import { createSeedState, isEarlierSeed } from "./seeds";

const BASE_PATH = "/baas/api/v1";

interface Generation {
  readonly prefix: string;
  readonly serializer: Serializer;
  readonly readRequester: ReadRequester;
  readonly hasGuids: boolean;
}

const generations: readonly Generation[] = [
  {
    prefix: "/automatic-pix/authorizations/",
    serializer: olderSerializer,
    readRequester: readOlderRequester,
    hasGuids: false,
  },
  {
    prefix: "/pix/automatic/authorizations/",
    serializer: newerSerializer,
    readRequester: readNewerRequester,
    hasGuids: true,
  },
];

function gatewayError(status: number, message: string): HttpResponse {
  return jsonResponse(status, { message });
}

/** Simulates Delbank's Automatic Pix from its contract; both generations share one state. */
class Delbank {
  readonly #clock: Clock;
  readonly #extraAuthorizations: number;
  #state: DelbankState;
  #replica = new LaggingReplica();

  constructor(clock: Clock, extraAuthorizations: number) {
    this.#clock = clock;
    this.#extraAuthorizations = extraAuthorizations;
    this.#state = createSeedState(clock.now(), extraAuthorizations);
  }

  handle(request: VendorRequest): HttpResponse | Promise<HttpResponse> {
    const { headers, path } = request;
    const relativePath = path.startsWith(`${BASE_PATH}/`) ? stripBasePath(path, BASE_PATH) : "";
    const generation = generations.find(({ prefix }) => relativePath.startsWith(prefix));
    if (generation === undefined) return gatewayError(404, "no Route matched with those values");
    // Only one of the two documented ways is checked, because the content of `Authorization` is not documented.
    const isAuthorized =
      headers["x-delbank-api-key"] === delbankCredentials.apiKey &&
      headers["x-delfinance-account-id"] === delbankCredentials.accountId;
    if (!isAuthorized) return gatewayError(401, "Unauthorized");
    try {
      const segments = relativePath.slice(generation.prefix.length).split("/").map(decodeURIComponent);
      return this.#route(request, generation, segments);
    } catch (error) {
      if (error instanceof URIError) return failureResponse("INVALID_REQUEST", "the path cannot be decoded");
      if (error instanceof InvalidBody) return failureResponse("INVALID_REQUEST", error.message);
      throw error;
    }
  }

  #route(
    request: VendorRequest,
    generation: Generation,
    segments: readonly string[],
  ): HttpResponse | Promise<HttpResponse> {
    const [id = "", collection, cancellationId, ...rest] = segments;
    if ((collection !== undefined && collection !== "cancellations") || rest.length > 0) {
      return gatewayError(404, "no Route matched with those values");
    }
    const isPost = collection !== undefined && cancellationId === undefined;
    if (request.method !== (isPost ? "POST" : "GET")) return gatewayError(405, "Method Not Allowed");
    const found = this.#find(id, generation);
    if (found === undefined) return failureResponse("AUTHORIZATION_NOT_FOUND", "there is no such authorization");
    const authorization = this.#replica.read(found, this.#clock.nowMs());
    if (isPost) {
      // The check reads the delayed state, as other reads do.
      const cancellationRequest = readCancellationRequest(
        parseJsonObject(request.body),
        authorization,
        generation.readRequester,
      );
      return isErrorResponse(cancellationRequest) ? cancellationRequest : this.#cancel(found, cancellationRequest);
    }
    if (cancellationId === undefined) return jsonResponse(200, generation.serializer.authorization(authorization));
    const cancellation = authorization.cancellations.find((one) => one.id === cancellationId);
    return cancellation === undefined
      ? failureResponse("CANCELLATION_NOT_FOUND", "there is no such cancellation")
      : jsonResponse(200, generation.serializer.cancellation(authorization, cancellation));
  }

  #find(id: string, { hasGuids }: Generation): Authorization | undefined {
    const { authorizations } = this.#state;
    const found = authorizations.get(id);
    if (found !== undefined || !hasGuids) return found;
    return [...authorizations.values()].find(({ guid }) => guid === id);
  }

  /**
   * No idempotency (D): the check before the wait is not repeated after it, so two overlapping requests both cancel. The journal
   * of commits therefore shows a client that sends twice.
   */
  async #cancel(authorization: Authorization, { requester, reason }: CancellationRequest): Promise<HttpResponse> {
    // Read before the wait: a reset meanwhile creates a new state, which this cancellation must not change.
    const state = this.#state;
    await sleep(processingMs);
    const at = this.#clock.iso();
    const cancellation: Cancellation = {
      id: `IC${authorization.recurrenceId.slice(2, 10)}${at.slice(0, 10).replaceAll("-", "")}${randomAlphanumeric(11)}`,
      requester,
      reason,
      at,
      status: newCancellationStatus,
    };
    this.#replica.recordVersion(authorization, this.#clock.nowMs());
    authorization.cancellations.push(cancellation);
    authorization.situation = assumedSituation.cancelled;
    authorization.situationAt = at;
    state.changedIds.add(authorization.recurrenceId);
    appendToJournal(state.commits, [{ operation: "cancel", subject: authorization.recurrenceId, at }]);
    return jsonResponse(200, serializeAcceptedCancellation(authorization, cancellation));
  }

  state(): Readonly<Record<string, unknown>> {
    const { authorizations, commits } = this.#state;
    return { authorizations: [...authorizations.values()], commits };
  }

  /** Authorizations that were never changed are not part of it, so that their seeds stay relative to the date of each start. */
  snapshot(): JsonObject {
    const { authorizations, changedIds, commits } = this.#state;
    const changed = [...authorizations.values()].filter(({ recurrenceId }) => changedIds.has(recurrenceId));
    return { changed, commits };
  }

  restore({ authorizations, changed = authorizations, commits }: JsonObject): boolean {
    const isSnapshot =
      isListOf(changed, "recurrenceId", "guid", "situation") && isListOf(commits, "operation", "subject");
    if (!isSnapshot) return false;
    this.#state = createSeedState(this.#clock.now(), this.#extraAuthorizations);
    // Earlier releases stored all authorizations, under that name.
    for (const one of changed as Authorization[]) {
      if (isEarlierSeed(one)) continue;
      this.#state.authorizations.set(one.recurrenceId, one);
      this.#state.changedIds.add(one.recurrenceId);
    }
    appendToJournal(this.#state.commits, commits as Commit[]);
    return true;
  }

  setLag(lagMs: number): void {
    this.#replica.lagMs = lagMs;
  }

  rejectCancellation(recurrenceId: string, isListed: boolean): boolean {
    const authorization = this.#state.authorizations.get(recurrenceId);
    if (authorization?.situation !== assumedSituation.cancelled) return false;
    this.#replica.recordVersion(authorization, this.#clock.nowMs());
    if (!isListed) authorization.cancellations.length = 0;
    authorization.situation = assumedSituation.active;
    authorization.situationAt = this.#clock.iso();
    this.#state.changedIds.add(recurrenceId);
    return true;
  }

  reset(): void {
    this.#state = createSeedState(this.#clock.now(), this.#extraAuthorizations);
    this.#replica = new LaggingReplica();
  }
}

/** `extraAuthorizations`: the number of active authorizations in addition to the seeds. */
export function createDelbank(clock: Clock, extraAuthorizations: number): Vendor {
  const delbank = new Delbank(clock, extraAuthorizations);
  return {
    basePath: BASE_PATH,
    handle: (request) => delbank.handle(request),
    gatewayError,
    state: () => delbank.state(),
    reset: () => {
      delbank.reset();
    },
    snapshot: () => delbank.snapshot(),
    restore: (snapshot) => delbank.restore(snapshot),
    control: createDelbankControl(delbank),
  };
}
