import { type Operator } from "../../app/operator";
import { type OperationsConfig } from "../../config/variables/operations";
import { type Clock } from "../../platform/kernel/clock";
import { type SeenOperation } from "../../platform/operations/operator-store";
import { CommandFailure, EXIT } from "../exit-code";

/** What each command uses. */
export interface CommandContext {
  readonly operator: Operator;
  readonly config: OperationsConfig;
  readonly clock: Clock;
}

/** Throws CommandFailure if there is no such operation. */
export async function findOrFail({ operator }: CommandContext, id: string): Promise<SeenOperation> {
  const seen = await operator.operations.find(id);
  if (!seen)
    throw new CommandFailure(EXIT.failed, "No operation has this id. With the id of a request: list --request.");
  return seen;
}
