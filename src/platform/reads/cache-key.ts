import { type Caller } from "../auth/caller";

declare const brand: unique symbol;

/** Everything about a caller that a response may depend on. Only `toCallerScope` creates one, so every key has one. */
export type CallerScope = string & { readonly [brand]: true };

/** Two callers have the same caller scope only if their user id, tax id and scopes are equal. */
export function toCallerScope({ userId, taxId, scopes }: Caller): CallerScope {
  return JSON.stringify([userId, taxId ?? null, [...scopes].sort()]) as CallerScope;
}

/** One read: for which caller, of which endpoint, with which arguments. */
export interface Read {
  readonly scope: CallerScope;
  /** The endpoint's low-cardinality name, for example `avibra.benefits.list`. */
  readonly endpoint: string;
  readonly args: readonly string[];
}

/** Returns a text that is equal for two reads only if all of their parts are. */
export function toCacheKey({ scope, endpoint, args }: Read): string {
  return JSON.stringify([scope, endpoint, args]);
}
