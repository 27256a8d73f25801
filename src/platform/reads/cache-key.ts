import { type Caller } from "../auth/caller";

declare const brand: unique symbol;

/** All of a caller that an answer may depend on. Made by `toPrincipalScope` alone, so no key can be without one. */
export type PrincipalScope = string & { readonly [brand]: true };

/** Two callers have the same scope only if user id, tax id and every scope are the same. */
export function toPrincipalScope({ userId, taxId, scopes }: Caller): PrincipalScope {
  return JSON.stringify([userId, taxId ?? null, [...scopes].sort()]) as PrincipalScope;
}

/** One read: who asks, what is asked, and of what. */
export interface Read {
  readonly scope: PrincipalScope;
  /** The call's low-cardinality name, for example `avibra.benefits.list`. */
  readonly endpoint: string;
  readonly args: readonly string[];
}

/** Text that is the same for two reads only if all of their parts are. */
export function toCacheKey({ scope, endpoint, args }: Read): string {
  return JSON.stringify([scope, endpoint, args]);
}
