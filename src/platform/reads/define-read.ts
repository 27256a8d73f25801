import { type Caller } from "../auth/caller";
import { requireCaller } from "../auth/require-caller";
import { type Endpoint } from "../http/client/endpoint";
import { type Deadline } from "../kernel/deadline";
import { type CachedReader } from "./cached-reader";
import { type RequestBudget } from "./request-budget";
import { createLoader, type Loader } from "./create-loader";

/** A provider's client, as far as reads need it. `find` resolves to null for a 404. */
export interface ReadClient {
  readonly find: <Args extends readonly string[], Result extends object>(
    endpoint: Endpoint<Args, Result>,
    args: Args,
    deadline: Deadline,
  ) => Promise<Result | null>;
}

/** A read of one endpoint: who may make it, and what invalidates it. */
export interface ReadDefinition<Args extends readonly string[], Result> {
  readonly endpoint: Endpoint<Args, Result>;
  /** Decides before any call. If false, the read resolves to null and costs nothing of the budget. */
  readonly authorize: (caller: Caller, ...args: Args) => boolean;
  /** The tag that invalidates the cached response, for example `user/u-1001`. */
  readonly tag: (...args: Args) => string;
  /** Decides by the response, if only the response says whose data it is. If false, the read resolves to null. */
  readonly authorizeResult?: (caller: Caller, result: Result) => boolean;
}

/** What the loaders of one request share. */
export interface ReadRequest {
  readonly client: ReadClient;
  readonly caller: Caller | undefined;
  readonly readCached: CachedReader;
  /** Maximum number of concurrent calls. */
  readonly concurrency: number;
  readonly budget: RequestBudget;
}

/** One argument is its own key; several are a tuple. */
export type ReadKey<Args extends readonly string[]> = Args extends readonly [string] ? string : Args;

const toArgs = <Args extends readonly string[]>(key: ReadKey<Args>) =>
  (typeof key === "string" ? [key] : key) as unknown as Args;

/**
 * Defines a read. `createLoader` returns a request's DataLoader over it: authorized, within the request's budget, and cached
 * by caller scope, endpoint name and arguments. The loader rejects with `UNAUTHENTICATED` if the request has no caller.
 */
export function defineRead<Args extends readonly string[], Result extends object>(read: ReadDefinition<Args, Result>) {
  const { endpoint, authorize, authorizeResult, tag } = read;
  return {
    /** `isAccessible` decides by another read, before this one is made. */
    createLoader(
      { client, caller, readCached, concurrency, budget }: ReadRequest,
      isAccessible?: (caller: Caller, ...args: Args) => Promise<boolean>,
    ): Loader<ReadKey<Args>, Result | null> {
      return createLoader<ReadKey<Args>, Result | null>({
        resolveWithoutCall: (key) => (authorize(requireCaller(caller), ...toArgs<Args>(key)) ? undefined : null),
        async loadOne(key) {
          const args = toArgs<Args>(key);
          if (isAccessible && !(await isAccessible(requireCaller(caller), ...args))) return null;
          const fetch = (client.find<Args, Result>).bind(client, endpoint, args);
          const result = await readCached({ endpoint: endpoint.name, args, tag: tag(...args) }, fetch);
          if (result === null || authorizeResult?.(requireCaller(caller), result) === false) return null;
          return result;
        },
        concurrency,
        budget,
        cacheKeyFn: (key) => JSON.stringify(toArgs<Args>(key)),
      });
    },
  };
}
