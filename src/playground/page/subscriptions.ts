import { type FieldNode, Kind, type OperationDefinitionNode, valueFromASTUntyped } from "graphql";
import { createClient, type SubscribePayload } from "graphql-ws";
import { type StartedSubscription } from "./tab-results";

type Variables = SubscribePayload["variables"];

/** What a subscription waits for, and whose events they are if the page can send a test event. */
export function describeSubscription(
  { selectionSet }: OperationDefinitionNode,
  variables: Variables,
): Pick<StartedSubscription, "waitsFor" | "memberId"> {
  const field = selectionSet.selections.find((node): node is FieldNode => node.kind === Kind.FIELD);
  const argument = (name: string) => {
    const node = field?.arguments?.find((one) => one.name.value === name)?.value;
    const value: unknown = node && valueFromASTUntyped(node, variables);
    return typeof value === "string" ? value : undefined;
  };
  switch (field?.name.value) {
    case "userEvents":
      return { waitsFor: `Avibra's events about ${argument("userId") ?? "a member"}`, memberId: argument("userId") };
    case "operationSettled":
      return { waitsFor: `the outcome of operation ${argument("id") ?? "…"}`, memberId: undefined };
    default:
      return { waitsFor: `events of ${field?.name.value ?? "the subscription"}`, memberId: undefined };
  }
}

export interface SubscriptionRequest {
  readonly operation: SubscribePayload;
  readonly headers: Headers;
  /** Closes the connection when it is aborted. */
  readonly signal: AbortSignal;
}

/** Opens a connection for each subscription, because a connection has one caller and the next caller may be another one. */
export function subscribe(endpoint: string, { operation, headers, signal }: SubscriptionRequest) {
  const authorization = headers.get("authorization");
  const client = createClient({
    url: endpoint, // relative to the page, as browsers take it
    retryAttempts: 0, // events between two connections would be missing
    ...(authorization !== null && { connectionParams: { authorization } }),
  });
  const events = client.iterate(operation) as AsyncIterableIterator<Record<string, unknown>>;
  signal.addEventListener("abort", () => void events.return?.());
  return events;
}
