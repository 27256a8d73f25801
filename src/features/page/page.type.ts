import { ArgsType, Directive, Field, Int, ObjectType } from "type-graphql";
import { InvalidCursor } from "../../platform/database/keyset-cursor";
import { SubgraphError } from "../../platform/errors/subgraph-error";

const MAX_PAGE_SIZE = 100;

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 20, description: "How many, 1 to 100." })
  first!: number;

  @Field(() => String, { nullable: true, description: "The cursor to read on behind." })
  after?: string | null;
}

@ObjectType({ simpleResolvers: true, description: "Where a page begins and ends." })
@Directive("@shareable")
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are more behind this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Always false: pages are read forward." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The cursor of the page's first item." })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "The cursor to give as `after` for the next page." })
  endCursor!: string | null;
}

/** A page of a member's list: what a loader of pages is asked for. */
export interface PageKey {
  readonly userId: string;
  readonly first: number;
  readonly after: string | undefined;
}

export function serializePageKey({ userId, first, after }: PageKey): string {
  return JSON.stringify([userId, first, after]);
}

/** Throws `BAD_USER_INPUT`. */
export function assertPageSize(first: number): void {
  if (first < 1 || first > MAX_PAGE_SIZE)
    throw new SubgraphError("BAD_USER_INPUT", { message: "first must be 1 to 100." });
}

/** What a cursor that is none is to whoever gave it. */
export function throwAsBadCursor(error: unknown): never {
  if (!(error instanceof InvalidCursor)) throw error;
  throw new SubgraphError("BAD_USER_INPUT", { message: "after is no cursor of this list." });
}

/** A connection of these edges. */
export function toConnection<Edge extends { readonly cursor: string }>(edges: Edge[], hasNextPage: boolean) {
  const [startCursor = null, endCursor = null] = [edges[0]?.cursor, edges.at(-1)?.cursor];
  return { edges, pageInfo: { hasNextPage, hasPreviousPage: false, startCursor, endCursor } };
}
