import { type Caller } from "../auth/caller";
import { requireCaller } from "../auth/require-caller";
import { ProviderFailure } from "../http-client/provider-failure";
import { type AnswerBudget } from "../limits/answer-budget";
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
  /** What each answer is charged to; nothing is read any more once it is over. */
  readonly answer: Pick<AnswerBudget, "takeRead" | "assertWithin">;
}

/** What is read, and whose data it is: see `SharedRead`. */
export interface ReadOf {
  readonly operation: string;
  readonly args: readonly string[];
  readonly subject: string;
}

/** Shares one caller's reads with that caller's other requests. Throws `UNAUTHENTICATED` without a caller. */
export type ReadShared = <Value>(of: ReadOf, fetch: (deadline: Deadline) => Promise<Value>) => Promise<Value>;

export function createCallerReads(options: CallerReadsOptions): ReadShared {
  const { reads, caller, deadline, timeoutMs, onAnswer, answer } = options;
  return async (of, fetch) => {
    answer.assertWithin();
    const read = {
      ...of,
      scope: principalScope(requireCaller(caller)),
      fetch,
      timeoutMs,
      onAnswer: (source: ReadSource, characters: number) => {
        onAnswer(source);
        answer.takeRead(characters);
      },
      tooLate: () => new ProviderFailure({ kind: "timeout", call: of.operation, reason: "no answer in time" }),
    };
    return reads.read(read, deadline);
  };
}
