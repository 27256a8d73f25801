import { Arg, Args, Ctx, Directive, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { checkFirst, PageArgs, toPage } from "../page/page.type";
import { mayReadUser } from "../user/user-access.type";
import { User } from "../user/user.type";
import { OperationConnection } from "./operation-connection.type";
import { type OperationLoaders } from "./operation.loader";
import { Operation } from "./operation.type";
import { isOperationId, mayReadOperation, visibleTo } from "./operation-access";

interface Context {
  readonly caller?: Caller;
  readonly ledger: Ledger;
  readonly loaders: OperationLoaders;
  /** Places in lists of operations: what a page costs wherever it is shown, though it is looked up once. */
  readonly rowBudget: CallBudget;
}

/** An operation that this caller may see; what is another's looks like what does not exist. */
async function findOperation(id: unknown, { caller, ledger, loaders }: Context): Promise<Operation | null> {
  const asking = requireCaller(caller);
  if (!isOperationId(id)) return null;
  const stored = await loaders.operation.load(id);
  return stored && mayReadOperation(asking, stored) ? visibleTo(asking, stored, ledger) : null;
}

@Resolver(() => User)
export class OperationResolver {
  @Query(() => Operation, {
    nullable: true,
    description:
      "An operation: what became of it. The caller's own, one about the caller, or any with the scope `users:read:any`; " +
      "else null. Makes no provider call.",
  })
  @Directive("@authenticated")
  operation(
    @Arg("id", () => ID, { description: "The operation's id." }) id: string,
    @Ctx() context: Context,
  ): Promise<Operation | null> {
    return findOperation(id, context);
  }

  @FieldResolver(() => OperationConnection, {
    description: "What was asked for this member, newest first. Empty for a member who is not the caller's to see.",
  })
  @Directive("@authenticated")
  async operations(
    @Root() { id: userId }: User,
    @Ctx() { caller, ledger, loaders, rowBudget }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<OperationConnection> {
    const asking = requireCaller(caller);
    checkFirst(first);
    if (!mayReadUser(asking, userId)) return toPage([], false);
    if ((await rowBudget.claim(first)) < first) throw rowBudget.refusal();
    const page = await loaders.operationsOfUser.load({ userId, first, after: after ?? undefined });
    const edges = page.items.map(({ operation, cursor }) => ({ cursor, node: visibleTo(asking, operation, ledger) }));
    return toPage(edges, page.hasNextPage);
  }
}

@Resolver(() => Operation)
export class OperationKeyResolver {
  @FieldResolver(() => String, {
    description:
      "The key that the caller gave it. Empty for everybody else, staff included, and where it can no longer be opened.",
  })
  idempotencyKey(@Root() { openKey }: Operation): string {
    return openKey();
  }
}

/** An `Operation` representation: the caller's own, else null. */
export async function resolveOperationReference(
  { id }: { readonly id?: unknown },
  context: Context,
): Promise<Operation | null> {
  return findOperation(id, context);
}
