import { type Repeat } from "../../src/platform/http-client/provider-call";
import { type OperationKind, type Outcome } from "../../src/platform/ledger/operation-kind";
import { type OperationFailure } from "../../src/platform/ledger/operation.type";
import { eventually } from "./program";

/** One call to the provider that waits for its answer. */
export interface SteppedCall {
  readonly what: "prepare" | "perform" | "confirm";
  /** Answers it: an error is thrown; `prepare` takes a failure or undefined, the others an outcome or undefined. */
  readonly answer: (answer: Outcome | OperationFailure | Error | undefined) => void;
}

/** A kind each of whose calls waits until the test answers it. A 409 to a repetition means that the earlier attempt arrived. */
export function steppedKind(repeat: Repeat) {
  const calls: SteppedCall[] = [];
  async function call<Answer>(what: SteppedCall["what"]): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const answer: SteppedCall["answer"] = (given) => {
      if (given instanceof Error) reject(given);
      else resolve(given);
    };
    calls.push({ what, answer });
    return (await promise) as Answer;
  }
  const operationKind: OperationKind<never> = {
    kind: "stepped",
    provider: "stepped",
    repeat,
    ...(repeat === "once" && { prepare: () => call("prepare"), confirm: () => call("confirm") }),
    perform: () => call("perform"),
    onRefusal({ status }, isRepeat) {
      if (isRepeat) return status === 409 ? { status: "SUCCEEDED" } : undefined;
      return { status: "FAILED", failure: { code: "REFUSED", message: "No.", retryable: false } };
    },
  };
  return {
    operationKind,
    calls,
    /** The call of this position, from 1, once it is made. */
    async call(position: number, what: SteppedCall["what"]): Promise<SteppedCall> {
      const found = await eventually(() => calls[position - 1], 60_000);
      if (found.what !== what) throw new Error(`call ${position} is ${found.what}, not ${what}`);
      return found;
    },
  };
}
