import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, jsonAnswer } from "../server/answer";
import { type Clock } from "../server/clock";
import { randomAlphanumeric } from "../server/random";
import { parseFields, UnreadableBody } from "../server/request-body";
import { type Vendor, type VendorRequest, withoutBasePath } from "../server/vendor";
import { accepted, newerWriter, olderWriter, type Writer } from "./answers";
import { assumedSituation, failure, newCancellationStatus, processingMs } from "./assumptions";
import { type Authorization, type Cancellation, type DelbankState } from "./authorization.state";
import {
  type CancellationRequest,
  isRefusal,
  newerRequester,
  olderRequester,
  readCancellationRequest,
  type ReadRequester,
} from "./cancellation-request";
import { delbankCredentials } from "./credentials";
import { controlDelbank } from "./delbank-control";
import { LaggingReads } from "./lagging-reads";
import { seededState } from "./seeds";

const BASE_PATH = "/baas/api/v1";

interface Generation {
  readonly prefix: string;
  readonly writer: Writer;
  readonly readRequester: ReadRequester;
  readonly knowsGuids: boolean;
}

const generations: readonly Generation[] = [
  { prefix: "/automatic-pix/authorizations/", writer: olderWriter, readRequester: olderRequester, knowsGuids: false },
  { prefix: "/pix/automatic/authorizations/", writer: newerWriter, readRequester: newerRequester, knowsGuids: true },
];

function gatewayError(status: number, message: string): Answer {
  return jsonAnswer(status, { message });
}

/** Delbank's Automatic Pix, simulated from its contract, both generations over one state. */
class Delbank {
  readonly #clock: Clock;
  readonly #moreActive: number;
  #state: DelbankState;
  #reads = new LaggingReads();

  constructor(clock: Clock, moreActive: number) {
    this.#clock = clock;
    this.#moreActive = moreActive;
    this.#state = seededState(moreActive);
  }

  handle(request: VendorRequest): Answer | Promise<Answer> {
    const { headers, path } = request;
    const below = path.startsWith(`${BASE_PATH}/`) ? withoutBasePath(path, BASE_PATH) : "";
    const generation = generations.find(({ prefix }) => below.startsWith(prefix));
    if (generation === undefined) return gatewayError(404, "no Route matched with those values");
    // Of the two documented ways only this one is checked: what `Authorization` holds is not shown anywhere.
    const isAuthorized =
      headers["x-delbank-api-key"] === delbankCredentials.apiKey &&
      headers["x-delfinance-account-id"] === delbankCredentials.accountId;
    if (!isAuthorized) return gatewayError(401, "Unauthorized");
    try {
      const segments = below.slice(generation.prefix.length).split("/").map(decodeURIComponent);
      return this.#route(request, generation, segments);
    } catch (error) {
      if (error instanceof URIError) return failure("INVALID_REQUEST", "the path cannot be decoded");
      if (error instanceof UnreadableBody) return failure("INVALID_REQUEST", error.message);
      throw error;
    }
  }

  #route(request: VendorRequest, generation: Generation, segments: readonly string[]): Answer | Promise<Answer> {
    const [id = "", list, cancellationId, ...rest] = segments;
    if ((list !== undefined && list !== "cancellations") || rest.length > 0) {
      return gatewayError(404, "no Route matched with those values");
    }
    const isPost = list !== undefined && cancellationId === undefined;
    if (request.method !== (isPost ? "POST" : "GET")) return gatewayError(405, "Method Not Allowed");
    const found = this.#find(id, generation);
    if (found === undefined) return failure("AUTHORIZATION_NOT_FOUND", "there is no such authorization");
    const authorization = this.#reads.show(found, this.#clock.nowMs());
    if (isPost) {
      // Its check reads as late as everybody else.
      const wanted = readCancellationRequest(parseFields(request.body), authorization, generation.readRequester);
      return isRefusal(wanted) ? wanted : this.#cancel(found, wanted);
    }
    if (cancellationId === undefined) return jsonAnswer(200, generation.writer.authorization(authorization));
    const cancellation = authorization.cancellations.find((one) => one.id === cancellationId);
    return cancellation === undefined
      ? failure("CANCELLATION_NOT_FOUND", "there is no such cancellation")
      : jsonAnswer(200, generation.writer.cancellation(authorization, cancellation));
  }

  #find(id: string, { knowsGuids }: Generation): Authorization | undefined {
    const { authorizations } = this.#state;
    const found = authorizations.get(id);
    if (found !== undefined || !knowsGuids) return found;
    return [...authorizations.values()].find(({ guid }) => guid === id);
  }

  /**
   * No idempotency (D): what was checked before the wait is not checked again after it, so two overlapping requests
   * both cancel. A client that sends twice shall be seen to have done so.
   */
  async #cancel(authorization: Authorization, { requester, reason }: CancellationRequest): Promise<Answer> {
    // Held over the wait: a reset meanwhile starts a new state, which this cancellation must not touch.
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
    this.#reads.keep(authorization, this.#clock.nowMs());
    authorization.cancellations.push(cancellation);
    authorization.situation = assumedSituation.cancelled;
    authorization.situationAt = at;
    state.commits.push({ operation: "cancel", subject: authorization.recurrenceId, at });
    return jsonAnswer(200, accepted(authorization, cancellation));
  }

  state(): Readonly<Record<string, unknown>> {
    const { authorizations, commits } = this.#state;
    return { authorizations: [...authorizations.values()], commits };
  }

  setLag(lagMs: number): void {
    this.#reads.lagMs = lagMs;
  }

  refuse(recurrenceId: string, isListed: boolean): boolean {
    const authorization = this.#state.authorizations.get(recurrenceId);
    if (authorization?.situation !== assumedSituation.cancelled) return false;
    this.#reads.keep(authorization, this.#clock.nowMs());
    if (!isListed) authorization.cancellations.length = 0;
    authorization.situation = assumedSituation.active;
    authorization.situationAt = this.#clock.iso();
    return true;
  }

  reset(): void {
    this.#state = seededState(this.#moreActive);
    this.#reads = new LaggingReads();
  }
}

/** With so many active authorizations beside the seeds. */
export function createDelbank(clock: Clock, moreActive: number): Vendor {
  const delbank = new Delbank(clock, moreActive);
  return {
    basePath: BASE_PATH,
    handle: (request) => delbank.handle(request),
    gatewayError,
    state: () => delbank.state(),
    reset: () => {
      delbank.reset();
    },
    control: controlDelbank(delbank),
  };
}
