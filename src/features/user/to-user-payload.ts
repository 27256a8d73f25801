import { type OperationOutcome } from "../operation/public";

/** The payload of a mutation that changes a member. `user` is null unless the operation succeeded. */
export function toUserPayload({ operation, userErrors }: OperationOutcome, userId: string) {
  return { operation, userErrors, user: operation?.status === "SUCCEEDED" ? { id: userId } : null };
}
