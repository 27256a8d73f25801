import { AsyncLocalStorage } from "node:async_hooks";
import { type GuardedDocument } from "./limits/document-cache";

/** The provider calls and cache reads of one request. */
export interface UpstreamCost {
  /** Attempts sent to providers. Those for access tokens are not attributed to a request. */
  calls: number;
  /** Those of the attempts that retry a failed one. */
  retries: number;
  /** Reads that joined the in-flight read of another request. */
  coalesced: number;
  /** Reads served from the read cache. */
  cacheHits: number;
  /** Those of the cache hits that were stale. */
  stale: number;
}

/** The request that the current asynchronous execution belongs to. */
export interface RequestScope {
  /** Appears in responses and in the log. */
  readonly id: string;
  readonly upstream: UpstreamCost;
  /** The document of a GraphQL request. */
  readonly document?: GuardedDocument | undefined;
  /** Whether a refusal of the request has the status that its `Accept` asks for; see `getResponseStatus`. */
  statusFollowsAccept: boolean;
  /** The codes of the errors in the response. */
  readonly errorCodes: Set<string>;
}

export const requestScope = new AsyncLocalStorage<RequestScope>();

export const createRequestScope = (id: string, document?: GuardedDocument): RequestScope => ({
  id,
  document,
  statusFollowsAccept: false,
  errorCodes: new Set(),
  upstream: { calls: 0, retries: 0, coalesced: 0, cacheHits: 0, stale: 0 },
});
