import { type HttpResponse, jsonResponse } from "./http-response";
import { type Clock } from "./clock";
import { parseFaults } from "./fault";
import { type FaultQueue } from "./fault-queue";
import { isJsonObject } from "./request-body";
import { type RequestLog } from "./request-log";
import { type Vendor } from "./vendor";

export const CONTROL_PREFIX = "/__sandbox/";

const NO_CONTENT: HttpResponse = { status: 204, body: "" };
const CLOCK_USAGE = 'send { "now": "<ISO 8601>" } or { "advanceMs": <number> } that stays within the years 2 to 9998';

export interface ControlContext {
  readonly clock: Clock;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
  readonly vendor: Vendor;
  readonly reset: () => void;
  /** Removes the faults and ends the calls that hang by one. */
  readonly abortFaults: () => void;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function setClock(clock: Clock, body: unknown): HttpResponse {
  const fields = isJsonObject(body) ? body : {};
  const { now, advanceMs } = fields;
  const isSet =
    (typeof now === "string" && advanceMs === undefined && clock.set(Date.parse(now))) ||
    (typeof advanceMs === "number" && now === undefined && clock.set(clock.nowMs() + advanceMs));
  return isSet ? jsonResponse(200, { now: clock.iso() }) : jsonResponse(400, { message: CLOCK_USAGE });
}

function addFaults(faults: FaultQueue, body: unknown): HttpResponse {
  const result = parseFaults(body);
  if ("problems" in result) return jsonResponse(400, { message: result.problems.join("; ") });
  faults.add(result.faults);
  return jsonResponse(200, faults.list());
}

/** The control endpoints of a sandbox. They need no authentication, and are subject to neither faults nor the request log. */
export function handleControlRequest(
  context: ControlContext,
  action: string,
  body: string,
): HttpResponse | Promise<HttpResponse> {
  const { clock, faults, log, vendor } = context;
  switch (action) {
    case "GET requests":
      return jsonResponse(200, log.list());
    case "DELETE requests":
      log.clear();
      return NO_CONTENT;
    case "GET state":
      return jsonResponse(200, { now: clock.iso(), ...vendor.state() });
    case "POST reset":
      context.reset();
      return NO_CONTENT;
    case "GET faults":
      return jsonResponse(200, faults.list());
    case "POST faults":
      return addFaults(faults, parseJson(body));
    case "DELETE faults":
      faults.clear();
      return NO_CONTENT;
    case "POST faults/abort":
      context.abortFaults();
      return NO_CONTENT;
    case "POST clock":
      return setClock(clock, parseJson(body));
    default:
      return vendor.control?.(action, parseJson(body)) ?? jsonResponse(404, { message: "no such control endpoint" });
  }
}
