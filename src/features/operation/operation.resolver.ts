import { Arg, Args, Ctx, Directive, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { SIZED_BY_FIRST } from "../../platform/graphql/limits/router-costs";
import { type Context } from "../context";
import { assertPageSize, PageArgs, toConnection } from "../page/public";
import { User } from "../user/public";
import { OperationConnection } from "./operation-connection.type";
import { Operation } from "./operation.type";
import { canReadOperation, canReadOperationsOfUser, toVisibleOperation } from "./access";
import { isOperationId } from "./operation-id";

/** An operation by ID; null if it does not exist or the caller may not read it. */
async function findOperation(id: unknown, { caller, operationStore, loaders }: Context): Promise<Operation | null> {
  const authenticatedCaller = requireCaller(caller);
  if (!isOperationId(id)) return null;
  const stored = await loaders.operation.load(id);
  return stored && canReadOperation(authenticatedCaller, stored)
    ? toVisibleOperation(authenticatedCaller, stored, operationStore)
    : null;
}

@Resolver(() => User)
export class OperationResolver {
  @Query(() => Operation, {
    nullable: true,
    description:
      "A mutation request and its outcome. Returns null if it does not exist, or if the caller neither started it nor " +
      "is its member and lacks `users:read:any` and `operations:read:any`. Makes no provider call.",
  })
  @Directive("@authenticated")
  operation(
    @Arg("id", () => ID, { description: "The operation's ID." }) id: string,
    @Ctx() context: Context,
  ): Promise<Operation | null> {
    return findOperation(id, context);
  }

  @FieldResolver(() => OperationConnection, {
    nullable: true,
    description:
      "The operations of this member, newest first. Empty if the caller cannot access the member; null with an error " +
      "if the database cannot be read. Makes no provider call.",
  })
  @Directive("@authenticated")
  @Directive(SIZED_BY_FIRST)
  async operations(
    @Root() { id: userId }: User,
    @Ctx() { caller, operationStore, loaders, rowBudget }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<OperationConnection> {
    const authenticatedCaller = requireCaller(caller);
    assertPageSize(first);
    if (!canReadOperationsOfUser(authenticatedCaller, userId)) return toConnection([], false);
    if ((await rowBudget.claim(first)) < first) throw rowBudget.limitError();
    const page = await loaders.operationsOfUser.load({ userId, first, after: after ?? undefined });
    const edges = page.items.map(({ operation, cursor }) => ({
      cursor,
      node: toVisibleOperation(authenticatedCaller, operation, operationStore),
    }));
    return toConnection(edges, page.hasNextPage);
  }
}

@Resolver(() => Operation)
export class OperationKeyResolver {
  @FieldResolver(() => String, {
    description:
      "The idempotency key of the request. Empty if the caller did not start the operation, or if the key can no " +
      "longer be decrypted or is no longer stored.",
  })
  idempotencyKey(@Root() { decryptIdempotencyKey }: Operation): string {
    return decryptIdempotencyKey();
  }
}

/** Resolves an `Operation` representation; null if the ID is malformed, unknown or not readable by the caller. */
export async function resolveOperationReference(
  { id }: { readonly id?: unknown },
  context: Context,
): Promise<Operation | null> {
  return findOperation(id, context);
}
