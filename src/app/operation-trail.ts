import { type Clock } from "../platform/kernel/clock";
import { type Logger } from "../platform/observability/logger";
import { type Metrics } from "../platform/observability/metrics";
import { type Operation } from "../platform/operations/operation";
import { type OperationObserver } from "../platform/operations/operation-observer";

export interface OperationTrailOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "recordStatus">;
}

/** Logs and counts what becomes of operations: one line when one is accepted, and one at each change of its status. */
export function createOperationTrail({ logger, clock, metrics }: OperationTrailOptions): OperationObserver {
  const toFields = ({ id, requestId, kind, attempts, createdAt }: Operation) => ({
    requestId,
    operationId: id,
    kind,
    attempts,
    ageMs: clock.now() - createdAt,
  });
  return {
    onAccepted(operation) {
      logger.info(toFields(operation), "operation accepted");
      metrics.recordStatus(operation.kind, operation.status);
    },
    onRepeated(operation, repeatedBy) {
      logger.info({ ...toFields(operation), repeatedBy }, "operation repeated");
    },
    onDiscarded(operation) {
      logger.info(toFields(operation), "operation discarded");
    },
    onStatusChanged(operation, from) {
      logger.info({ ...toFields(operation), from, to: operation.status }, "operation status changed");
      metrics.recordStatus(operation.kind, operation.status);
    },
  };
}
