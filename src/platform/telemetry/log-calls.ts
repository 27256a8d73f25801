import { requestIds } from "../errors/request-id";
import { describeError } from "../errors/describe-error";
import { type CallReport } from "../http-client/http-client";
import { type Logger } from "./logger";

/** Logs every provider call: those that failed as warnings, the rest at debug level. */
export function logCalls(logger: Logger): (report: CallReport) => void {
  return ({ call, durationMs, failure }) => {
    const fields = { requestId: requestIds.getStore(), call, durationMs: Math.round(durationMs * 10) / 10 };
    if (failure) logger.warn({ ...fields, ...describeError(failure) }, "provider call failed");
    else logger.debug(fields, "provider call");
  };
}
