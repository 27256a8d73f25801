import { type Caller } from "../auth/caller";
import { requireCaller } from "../auth/require-caller";
import { ProviderFailure } from "../http/client/provider-failure";
import { type Deadline } from "../kernel/deadline";
import { toCallerScope } from "./cache-key";
import { type ReadSource, type ReadCache } from "./read-cache";

export interface CachedReaderOptions {
  readonly readCache: ReadCache;
  readonly caller: Caller | undefined;
  /** The deadline of this request. */
  readonly deadline: Deadline;
  /** Timeout of the call itself, ms. Other requests may wait for it longer than this one. */
  readonly timeoutMs: number;
  readonly onResult: (source: ReadSource) => void;
  /** Each response is charged to it. Once it is exceeded, reads reject without a call. */
  readonly responseBudget: { readonly chargeRead: (characters: number) => void; readonly assertWithin: () => void };
}

/** What is read and its invalidation tag; see `CachedRead`. */
export interface ReadDescriptor {
  readonly endpoint: string;
  readonly args: readonly string[];
  readonly tag: string;
}

/** Reads through the cache, shared between requests of the same caller scope. Rejects with `UNAUTHENTICATED` without a caller. */
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
      scope: toCallerScope(requireCaller(caller)),
      fetch,
      timeoutMs,
      onResult: (source: ReadSource, characters: number) => {
        onResult(source);
        responseBudget.chargeRead(characters);
      },
      createTimeoutError: () =>
        new ProviderFailure({ kind: "timeout", call: descriptor.endpoint, reason: "no response in time" }),
    };
    return readCache.get(read, deadline);
  };
}
