import { Arg, Args, Ctx, Directive, Query, Resolver } from "type-graphql";
import { SIZED_BY_FIRST } from "../../platform/graphql/limits/router-costs";
import { type OperationFilter as StoredFilter } from "../../platform/operations/operation";
import { type Context } from "../context";
import { assertPageSize, PageArgs, toConnection } from "../page/public";
import { requireOperationsPermission, toVisibleOperation } from "./access";
import { OperationConnection } from "./operation-connection.type";
import { OperationFilter } from "./operation.input";

function toStoredFilter({ status, kind, userId, recurrenceId, requestId, olderThan }: OperationFilter): StoredFilter {
  return {
    ...(status && { status }),
    ...(kind && { kind }),
    ...(userId && { userId }),
    ...(recurrenceId && { recurrenceId }),
    ...(requestId && { requestId }),
    ...(olderThan && { olderThan: olderThan.getTime() }),
  };
}

@Resolver()
export class OperationsResolver {
  @Query(() => OperationConnection, {
    nullable: true,
    description:
      "The operations of all members that meet the filter, newest first. Requires the scope `operations:read:any`. Null only " +
      "with an error. Makes no provider call.",
  })
  @Directive("@authenticated")
  @Directive('@requiresScopes(scopes: [["operations:read:any"]])')
  @Directive('@tag(name: "staff")')
  @Directive(SIZED_BY_FIRST)
  async operations(
    @Ctx() { caller, operationStore, loaders, rowBudget }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => OperationFilter, { nullable: true, description: "Which operations to return. Default: all." })
    filter?: OperationFilter | null,
  ): Promise<OperationConnection> {
    const staff = requireOperationsPermission(caller, filter ?? {});
    assertPageSize(first);
    if ((await rowBudget.claim(first)) < first) throw rowBudget.limitError();
    const page = await loaders.operations.load({
      ...toStoredFilter(filter ?? {}),
      first,
      ...(typeof after === "string" && { after }),
    });
    const edges = page.items.map(({ operation, cursor }) => ({
      cursor,
      node: toVisibleOperation(staff, operation, operationStore),
    }));
    return toConnection(edges, page.hasNextPage);
  }
}
