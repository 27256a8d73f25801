import { InvalidCursor } from "../../platform/database/keyset-cursor";
import { SubgraphError } from "../../platform/errors/subgraph-error";

const MAX_PAGE_SIZE = 100;

/** The key of a page loader: one page of a member's list. */
export interface PageKey {
  readonly userId: string;
  readonly first: number;
  readonly after: string | undefined;
}

export function serializePageKey({ userId, first, after }: PageKey): string {
  return JSON.stringify([userId, first, after]);
}

/** Throws `BAD_USER_INPUT` unless `first` is a valid page size. */
export function assertPageSize(first: number): void {
  if (first < 1 || first > MAX_PAGE_SIZE)
    throw new SubgraphError("BAD_USER_INPUT", { message: "first must be 1 to 100." });
}

/** Throws `BAD_USER_INPUT` for an invalid cursor and rethrows every other error. */
export function throwAsBadCursor(error: unknown): never {
  if (!(error instanceof InvalidCursor)) throw error;
  throw new SubgraphError("BAD_USER_INPUT", { message: "after must be a cursor of this list." });
}

/** Builds a connection from the edges of one page. */
export function toConnection<Edge extends { readonly cursor: string }>(edges: Edge[], hasNextPage: boolean) {
  const [startCursor = null, endCursor = null] = [edges[0]?.cursor, edges.at(-1)?.cursor];
  return { edges, pageInfo: { hasNextPage, hasPreviousPage: false, startCursor, endCursor } };
}
