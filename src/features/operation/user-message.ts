import { type OperationKind, type OperationStatus } from "./operation.type";

/** What to show the user while the outcome is not known; null once it is. */
export function createUserMessage(kind: OperationKind, status: OperationStatus): string | null {
  const provider = kind === "CANCEL_PIX_AUTHORIZATION" ? "the bank" : "the benefits provider";
  if (status === "PENDING") return "We are processing your request. Please do not repeat it.";
  if (status === "UNCONFIRMED" || status === "NEEDS_ATTENTION")
    return `We are checking your request with ${provider}. Please do not repeat it.`;
  return null;
}
