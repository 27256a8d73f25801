import { Arg, Ctx, Directive, ID, Resolver, Root, type SubscribeResolverData, Subscription } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { isSettled } from "../../platform/operations/operation-status.state";
import { type Operation as StoredOperation } from "../../platform/operations/operation";
import { topics } from "../../platform/pubsub/topics";
import { type Context } from "../context";
import { canReadOperation, toVisibleOperation } from "./access";
import { isOperationId } from "./operation-id";
import { Operation } from "./operation.type";

const NOT_FOUND = new SubgraphError("NOT_FOUND");

/**
 * Subscribes before the first read, so that it misses no settlement. Sends an operation that needs attention once and waits on: it may
 * still settle. Throws `NOT_FOUND` if the operation does not exist or the caller may not read it.
 */
async function* streamSettledOperation(
  id: string,
  { caller, operationStore, watchChanges }: Context,
): AsyncGenerator<StoredOperation> {
  const authenticatedCaller = requireCaller(caller);
  if (!isOperationId(id)) throw NOT_FOUND;
  const changeNotifier = watchChanges(topics.operationSettled, id);
  let wasSent = false;
  do {
    const operation = await operationStore.find(id);
    if (!operation || !canReadOperation(authenticatedCaller, operation)) throw NOT_FOUND;
    if (isSettled(operation.status)) {
      yield operation;
      return;
    }
    if (operation.status === "NEEDS_ATTENTION" && !wasSent) {
      wasSent = true;
      yield operation;
    }
  } while (await changeNotifier.waitForChange());
}

@Resolver()
export class OperationSettledResolver {
  @Subscription(() => Operation, {
    description:
      "Sends the operation when its outcome is known, immediately if it is known already, and then ends. Before that, sends " +
      "it once if it is `NEEDS_ATTENTION`, and continues. Ends with the error `NOT_FOUND` if the operation does not exist, or " +
      "if the caller cannot access it.",
    subscribe: ({ args, context }: SubscribeResolverData<unknown, { id: string }, Context>) =>
      streamSettledOperation(args.id, context),
  })
  @Directive("@authenticated")
  operationSettled(
    @Arg("id", () => ID, { description: "The operation's ID." }) _id: string,
    @Root() stored: StoredOperation,
    @Ctx() { caller, operationStore }: Context,
  ): Operation {
    return toVisibleOperation(requireCaller(caller), stored, operationStore);
  }
}
