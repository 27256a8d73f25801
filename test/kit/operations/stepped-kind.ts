import { type Repeat } from "../../../src/platform/http/client/endpoint-call";
import { type OperationHandler, type Outcome } from "../../../src/platform/operations/operation-handler";
import { type OperationFailure } from "../../../src/platform/operations/operation";
import { waitFor } from "../wait-for";

/** A pending call to the provider. */
export interface SteppedCall {
  readonly what: "prepare" | "perform" | "confirm";
  /** Ends the call: an error is thrown; `prepare` takes a failure or undefined, the others an outcome or undefined. */
  readonly respond: (respond: Outcome | OperationFailure | Error | undefined) => void;
}

/** A kind of operation whose calls wait for `respond`. A 409 to a retry means that the earlier attempt arrived. */
export function createSteppedKind(repeat: Repeat) {
  const calls: SteppedCall[] = [];
  async function startCall<Result>(what: SteppedCall["what"]): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const respond: SteppedCall["respond"] = (result) => {
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    calls.push({ what, respond });
    return (await promise) as Result;
  }
  const handler: OperationHandler<unknown> = {
    provider: "stepped",
    repeat,
    ...(repeat === "once" && { prepare: () => startCall("prepare"), confirm: () => startCall("confirm") }),
    perform: () => startCall("perform"),
    onRejection({ status }, isRetry) {
      if (isRetry) return status === 409 ? { status: "SUCCEEDED" } : undefined;
      return { status: "FAILED", failure: { code: "REFUSED", message: "No.", retryable: false } };
    },
  };
  return {
    handlers: { stepped: handler },
    calls,
    /** Waits for the call with this number, from 1. */
    async waitForCall(position: number, what: SteppedCall["what"]): Promise<SteppedCall> {
      const nextCall = await waitFor(() => calls[position - 1], 60_000);
      if (nextCall.what !== what) throw new Error(`call ${position} is ${nextCall.what}, not ${what}`);
      return nextCall;
    },
  };
}
