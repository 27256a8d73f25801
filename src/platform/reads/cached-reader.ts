import { type Caller } from "../auth/caller";
import { requireCaller } from "../auth/require-caller";
import { ProviderFailure } from "../http/client/provider-failure";
import { type Deadline } from "../kernel/deadline";
import { toPrincipalScope } from "./cache-key";
import { type ReadSource, type ReadCache } from "./read-cache";

export interface CachedReaderOptions {
  readonly readCache: ReadCache;
  readonly caller: Caller | undefined;
  /** By when this request must be answered. */
  readonly deadline: Deadline;
  /** How long the call itself may take: others may wait for it longer than this request does. */
  readonly timeoutMs: number;
  readonly onResult: (source: ReadSource) => void;
  /** What each answer is charged to; nothing is read any more once it is over. */
  readonly responseBudget: { readonly chargeRead: (characters: number) => void; readonly assertWithin: () => void };
}

/** What is read, and whose data it is: see `CachedRead`. */
export interface ReadDescriptor {
  readonly endpoint: string;
  readonly args: readonly string[];
  readonly tag: string;
}

/** Shares one caller's reads with that caller's other requests. Throws `UNAUTHENTICATED` without a caller. */
export type CachedReader = <Value>(
  descriptor: ReadDescriptor,
  fetch: (deadline: Deadline) => Promise<Value>,
) => Promise<Value>;

export function createCachedReader(options: CachedReaderOptions): CachedReader {
  const { readCache, caller, deadline, timeoutMs, onResult, responseBudget } = options;
  return async (descriptor, fetch) => {
    responseBudget.assertWithin();
    const read = {
      ...descriptor,
      scope: toPrincipalScope(requireCaller(caller)),
      fetch,
      timeoutMs,
      onResult: (source: ReadSource, characters: number) => {
        onResult(source);
        responseBudget.chargeRead(characters);
      },
      createTimeoutError: () =>
        new ProviderFailure({ kind: "timeout", call: descriptor.endpoint, reason: "no answer in time" }),
    };
    return readCache.get(read, deadline);
  };
}
