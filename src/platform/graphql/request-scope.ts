import { AsyncLocalStorage } from "node:async_hooks";
import { type CachedDocument } from "./limits/document-cache";

/** What one request cost beyond this process. */
export interface UpstreamCost {
  /** Attempts that were sent to providers; those for access tokens are nobody's. */
  calls: number;
  /** Those of them that repeat a failed one. */
  retries: number;
  /** Reads that joined another request's. */
  coalesced: number;
  /** Reads that were answered from what is kept. */
  cacheHits: number;
  /** Those of them that were older than they should be. */
  stale: number;
}

/** What belongs to the request that the running code works for. */
export interface RequestScope {
  /** What a client quotes and an operator searches the log for. */
  readonly id: string;
  readonly upstream: UpstreamCost;
  /** The document of a GraphQL request. */
  readonly document?: CachedDocument | undefined;
}

export const requestScope = new AsyncLocalStorage<RequestScope>();

export const createRequestScope = (id: string, document?: CachedDocument): RequestScope => ({
  id,
  document,
  upstream: { calls: 0, retries: 0, coalesced: 0, cacheHits: 0, stale: 0 },
});
