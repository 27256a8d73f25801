import { AsyncLocalStorage } from "node:async_hooks";

/** The operation that the current asynchronous execution sends, confirms or prepares. */
export interface OperationScope {
  readonly operationId: string;
  /** The ID of the request that started the operation, also if another request or the reconciler executes it. */
  readonly requestId: string | null;
}

/** Names the operation in the log lines of its provider calls. */
export const operationScope = new AsyncLocalStorage<OperationScope>();
