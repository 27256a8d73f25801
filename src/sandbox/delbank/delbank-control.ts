import { type HttpResponse, jsonResponse } from "../server/http-response";
import { isJsonObject } from "../server/request-body";

const MAX_LAG_MS = 30 * 86_400_000;
const READS_USAGE = `send { "lagMs": <number from 0 to ${MAX_LAG_MS}> }`;
const COUNTERPART_USAGE = 'send { "recurrenceId": "<of a cancelled authorization>" }, and if you like "isListed": true';

/** The state that only Delbank's control endpoints change. */
export interface DelbankControls {
  setLag(lagMs: number): void;
  /** Lets the counterpart reject the cancellation of an authorization. Returns false if there is no cancellation. */
  rejectCancellation(recurrenceId: string, isListed: boolean): boolean;
}

function setReadLag(delbank: DelbankControls, body: unknown): HttpResponse {
  const { lagMs } = isJsonObject(body) ? body : {};
  if (typeof lagMs !== "number" || !(lagMs >= 0 && lagMs <= MAX_LAG_MS)) {
    return jsonResponse(400, { message: READS_USAGE });
  }
  delbank.setLag(lagMs);
  return jsonResponse(200, { lagMs });
}

function rejectAsCounterpart(delbank: DelbankControls, body: unknown): HttpResponse {
  const { recurrenceId, isListed = false } = isJsonObject(body) ? body : {};
  const isRejected =
    typeof recurrenceId === "string" &&
    typeof isListed === "boolean" &&
    delbank.rejectCancellation(recurrenceId, isListed);
  return isRejected ? jsonResponse(200, { recurrenceId, isListed }) : jsonResponse(400, { message: COUNTERPART_USAGE });
}

/** Delbank's own control endpoints. Returns undefined for any other path. */
export function createDelbankControl(delbank: DelbankControls) {
  return (action: string, body: unknown): HttpResponse | undefined => {
    switch (action) {
      case "POST reads":
        return setReadLag(delbank, body);
      case "POST counterpart":
        return rejectAsCounterpart(delbank, body);
      default:
        return undefined;
    }
  };
}
