import { type Caller } from "../auth/caller";

declare const brand: unique symbol;

/** Everything about a caller that a response may depend on. Only `toPrincipalScope` creates one, so every key has one. */
export type PrincipalScope = string & { readonly [brand]: true };

/** Two callers have the same principal scope only if their user id, tax id and scopes are equal. */
export function toPrincipalScope({ userId, taxId, scopes }: Caller): PrincipalScope {
  return JSON.stringify([userId, taxId ?? null, [...scopes].sort()]) as PrincipalScope;
}

/** One read: for which principal, of which endpoint, with which arguments. */
export interface Read {
  readonly scope: PrincipalScope;
  /** The endpoint's low-cardinality name, for example `avibra.benefits.list`. */
  readonly endpoint: string;
  readonly args: readonly string[];
}

/** Returns a text that is equal for two reads only if all of their parts are. */
export function toCacheKey({ scope, endpoint, args }: Read): string {
  return JSON.stringify([scope, endpoint, args]);
}
