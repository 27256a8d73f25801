import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { InvalidCursor } from "../../platform/ledger/ledger.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { User } from "../user/user.type";
import { OperationConnection } from "./operation-connection.type";
import { Operation } from "./operation.type";
import { PageArgs } from "./page.input";
import { principalOf } from "./principal";
import { toOperation } from "./to-operation";

interface Context {
  readonly caller?: Caller;
  readonly ledger: Ledger;
}

const MAX_PAGE = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function asBadCursor(error: unknown): never {
  if (!(error instanceof InvalidCursor)) throw error;
  throw new SubgraphError("BAD_USER_INPUT", { message: "after is no cursor of this list." });
}

/** An operation that this caller may see; what is another's looks like what does not exist. */
async function findOperation(id: unknown, { caller, ledger }: Context): Promise<Operation | null> {
  const asking = requireCaller(caller);
  if (typeof id !== "string" || !UUID.test(id)) return null;
  const stored = await ledger.find(id);
  const isVisible = stored && (stored.principal === principalOf(asking) || asking.scopes.has("users:read:any"));
  return isVisible ? toOperation(stored, ledger) : null;
}

@Resolver(() => User)
export class OperationResolver {
  @Query(() => Operation, {
    nullable: true,
    description: "One of the caller's operations: what became of it. Makes no provider call.",
  })
  operation(
    @Arg("id", () => ID, { description: "The operation's id." }) id: string,
    @Ctx() context: Context,
  ): Promise<Operation | null> {
    return findOperation(id, context);
  }

  @FieldResolver(() => OperationConnection, { description: "What was asked for this member, newest first." })
  async operations(
    @Root() user: User,
    @Ctx() { caller, ledger }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<OperationConnection> {
    requireCaller(caller);
    if (first < 1 || first > MAX_PAGE)
      throw new SubgraphError("BAD_USER_INPUT", { message: "first must be 1 to 100." });
    const page = await ledger.list({ subject: user.id, first, ...(after != null && { after }) }).catch(asBadCursor);
    const edges = page.items.map(({ operation, cursor }) => ({ cursor, node: toOperation(operation, ledger) }));
    return {
      edges,
      pageInfo: {
        hasNextPage: page.hasNextPage,
        hasPreviousPage: false,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  }
}

/** An `Operation` representation: the caller's own, else null. */
export async function resolveOperationReference(
  { id }: { readonly id?: unknown },
  context: Context,
): Promise<Operation | null> {
  return findOperation(id, context);
}
