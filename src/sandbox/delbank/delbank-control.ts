import { type Answer, jsonAnswer } from "../server/answer";
import { isFields } from "../server/request-body";

const LONGEST_LAG_MS = 30 * 86_400_000;
const READS_USE = `send { "lagMs": <number from 0 to ${LONGEST_LAG_MS}> }`;
const COUNTERPART_USE = 'send { "recurrenceId": "<of a cancelled authorization>" }, and if you like "isListed": true';

/** What the control endpoints of Delbank alone change. */
export interface Controllable {
  setLag(lagMs: number): void;
  /** The counterpart refuses the cancellation of an authorization; false if there is none to refuse. */
  refuse(recurrenceId: string, isListed: boolean): boolean;
}

function setReads(delbank: Controllable, body: unknown): Answer {
  const { lagMs } = isFields(body) ? body : {};
  if (typeof lagMs !== "number" || !(lagMs >= 0 && lagMs <= LONGEST_LAG_MS)) {
    return jsonAnswer(400, { message: READS_USE });
  }
  delbank.setLag(lagMs);
  return jsonAnswer(200, { lagMs });
}

function answerAsCounterpart(delbank: Controllable, body: unknown): Answer {
  const { recurrenceId, isListed = false } = isFields(body) ? body : {};
  const isDone =
    typeof recurrenceId === "string" && typeof isListed === "boolean" && delbank.refuse(recurrenceId, isListed);
  return isDone ? jsonAnswer(200, { recurrenceId, isListed }) : jsonAnswer(400, { message: COUNTERPART_USE });
}

/** The control endpoints of Delbank alone; undefined for what is none of them. */
export function controlDelbank(delbank: Controllable) {
  return (action: string, body: unknown): Answer | undefined => {
    switch (action) {
      case "POST reads":
        return setReads(delbank, body);
      case "POST counterpart":
        return answerAsCounterpart(delbank, body);
      default:
        return undefined;
    }
  };
}
