import { type Operation, type SettledOperation } from "./operation";
import { type OperationStatus } from "./operation-status.state";

/** What a process does when operations change. Called by the operation store after a statement that this process executed has changed a row, once for each change. */
export interface OperationObserver {
  /** The process is a command: a running process reports what it changes. */
  readonly isCommand?: boolean;
  /** Claimed by its first request. */
  readonly onAccepted?: (operation: Operation) => void;
  /** Claimed again with the same key, by the request of this ID. */
  readonly onRepeated?: (operation: Operation, requestId: string | undefined) => void;
  /** Removed again: it was never sent, and another operation excluded it or there was too little time. */
  readonly onDiscarded?: (operation: Operation) => void;
  readonly onSettled?: (operation: SettledOperation) => void;
  /** By a request, the reconciler, an event, a later operation or, for a command, by its operator. After `onSettled`. */
  readonly onStatusChanged?: (operation: Operation, from: OperationStatus) => void;
}
