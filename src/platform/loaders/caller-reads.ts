import { type Caller } from "../auth/caller";
import { requireCaller } from "../auth/require-caller";
import { ProviderFailure } from "../http-client/provider-failure";
import { type Deadline } from "../time/deadline";
import { principalScope } from "./read-key";
import { type ReadSource, type SharedReads } from "./shared-reads";

export interface CallerReadsOptions {
  readonly reads: SharedReads;
  readonly caller: Caller | undefined;
  /** By when this request must be answered. */
  readonly deadline: Deadline;
  /** How long the call itself may take: others may wait for it longer than this request does. */
  readonly timeoutMs: number;
  readonly onAnswer: (source: ReadSource) => void;
}

/** What is read, and whose data it is: see `SharedRead`. */
export interface ReadOf {
  readonly operation: string;
  readonly args: readonly string[];
  readonly subject: string;
}

/** Shares one caller's reads with that caller's other requests. Throws `UNAUTHENTICATED` without a caller. */
export type ReadShared = <Value>(of: ReadOf, fetch: (deadline: Deadline) => Promise<Value>) => Promise<Value>;

export function createCallerReads({ reads, caller, deadline, timeoutMs, onAnswer }: CallerReadsOptions): ReadShared {
  return async (of, fetch) => {
    const read = {
      ...of,
      scope: principalScope(requireCaller(caller)),
      fetch,
      timeoutMs,
      onAnswer,
      tooLate: () => new ProviderFailure({ kind: "timeout", call: of.operation, reason: "no answer in time" }),
    };
    return reads.read(read, deadline);
  };
}
