import { type TestSubgraph } from "../start/subgraph";
import { waitFor } from "../wait-for";

const ATTEMPT_ENDED = ["operation reconciled", "operation postponed", "operation requires manual review"];

/** The statuses of an operation after each attempt of the reconciler, from the log; needs `LOG_LEVEL` `info` or lower. */
export function reconciledStatuses({ logs }: Pick<TestSubgraph, "logs">, operationId: string): string[] {
  return logs
    .filter((line) => line.includes(operationId))
    .map((line) => JSON.parse(line) as { msg: string; operationId?: string; status?: string })
    .filter(({ msg }) => ATTEMPT_ENDED.includes(msg))
    .flatMap((entry) => (entry.operationId === operationId && entry.status !== undefined ? [entry.status] : []));
}

/** Waits until an attempt of the reconciler ends with one of these statuses. */
export function waitForReconciled(
  subgraph: Pick<TestSubgraph, "logs">,
  operationId: string,
  statuses: readonly string[] = ["SUCCEEDED"],
): Promise<string> {
  return waitFor(() => reconciledStatuses(subgraph, operationId).find((status) => statuses.includes(status)));
}
