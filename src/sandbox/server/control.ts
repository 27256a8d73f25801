import { type Answer, jsonAnswer } from "./answer";
import { type Clock } from "./clock";
import { parseFaults } from "./fault";
import { type FaultQueue } from "./fault-queue";
import { isFields } from "./request-body";
import { type RequestLog } from "./request-log";
import { type Vendor } from "./vendor";

export const CONTROL_PREFIX = "/__sandbox/";

const NOTHING: Answer = { status: 204, body: "" };
const CLOCK_USE = 'send { "now": "<ISO 8601>" } or { "advanceMs": <number> } that stays within the years 2 to 9998';

export interface Controls {
  readonly clock: Clock;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
  readonly vendor: Vendor;
  readonly reset: () => void;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function setClock(clock: Clock, body: unknown): Answer {
  const wanted = isFields(body) ? body : {};
  const { now, advanceMs } = wanted;
  const isSet =
    (typeof now === "string" && advanceMs === undefined && clock.set(Date.parse(now))) ||
    (typeof advanceMs === "number" && now === undefined && clock.set(clock.nowMs() + advanceMs));
  return isSet ? jsonAnswer(200, { now: clock.iso() }) : jsonAnswer(400, { message: CLOCK_USE });
}

function addFaults(faults: FaultQueue, body: unknown): Answer {
  const result = parseFaults(body);
  if ("problems" in result) return jsonAnswer(400, { message: result.problems.join("; ") });
  faults.add(result.faults);
  return jsonAnswer(200, faults.list());
}

/** The endpoints that steer a sandbox: without auth, without faults, not in the request log. */
export function control(controls: Controls, action: string, body: string): Answer {
  const { clock, faults, log, vendor } = controls;
  switch (action) {
    case "GET requests":
      return jsonAnswer(200, log.list());
    case "DELETE requests":
      log.clear();
      return NOTHING;
    case "GET state":
      return jsonAnswer(200, { now: clock.iso(), ...vendor.state() });
    case "POST reset":
      controls.reset();
      return NOTHING;
    case "GET faults":
      return jsonAnswer(200, faults.list());
    case "POST faults":
      return addFaults(faults, parsed(body));
    case "DELETE faults":
      faults.clear();
      return NOTHING;
    case "POST clock":
      return setClock(clock, parsed(body));
    default:
      return vendor.control?.(action, parsed(body)) ?? jsonAnswer(404, { message: "no such control endpoint" });
  }
}
