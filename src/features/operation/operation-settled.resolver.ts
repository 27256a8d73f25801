import { Arg, Ctx, Directive, ID, Resolver, Root, Subscription } from "type-graphql";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type OperationStore } from "../../platform/operations/operation.store";
import { isSettled } from "../../platform/operations/operation-status.state";
import { type Operation as StoredOperation } from "../../platform/operations/operation";
import { topics } from "../../platform/pubsub/topics";
import { type ChangeNotifier } from "../../platform/pubsub/change-notifier";
import { isOperationId, canReadOperation, toVisibleOperation } from "./access";
import { Operation } from "./operation.type";

interface Context {
  readonly caller?: Caller;
  readonly operationStore: OperationStore;
  readonly watchChanges: (topic: string, key: string) => ChangeNotifier;
}

/** Listens before it looks: what is settled between the two is not missed. Ends without an event for what may not be seen. */
async function* streamSettledOperation(
  id: unknown,
  { caller, operationStore, watchChanges }: Context,
): AsyncGenerator<StoredOperation> {
  const authenticatedCaller = requireCaller(caller);
  if (!isOperationId(id)) return;
  const changeNotifier = watchChanges(topics.operationSettled, id);
  do {
    const operation = await operationStore.find(id);
    if (!operation || !canReadOperation(authenticatedCaller, operation)) return;
    if (isSettled(operation.status)) {
      yield operation;
      return;
    }
  } while (await changeNotifier.waitForChange());
}

@Resolver()
export class OperationSettledResolver {
  @Subscription(() => Operation, {
    description:
      "The operation, as soon as its outcome is known: at once if it is known already. Ends after that one event; at once, and " +
      "without an event, for an operation that there is not or that is not the caller's to see.",
    subscribe: ({ args, context }) => streamSettledOperation((args as { id: unknown }).id, context as Context),
  })
  @Directive("@authenticated")
  operationSettled(
    @Arg("id", () => ID, { description: "The operation's id." }) _id: string,
    @Root() stored: StoredOperation,
    @Ctx() { caller, operationStore }: Context,
  ): Operation {
    return toVisibleOperation(requireCaller(caller), stored, operationStore);
  }
}
