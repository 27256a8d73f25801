import { randomUUID } from "node:crypto";
import { type TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { GraphQLClient } from "graphql-request";
import { createClient } from "graphql-ws";
import * as operations from "./generated/graphql";

const MEMBER = { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" };
const RECURRENCE_ID = "RR0435879820240605njua7shf40o";

/** The endpoint, and what only a sandbox can do. */
export interface Sandbox {
  readonly url: string;
  readonly getToken: (claims: Readonly<Record<string, string>>) => Promise<string>;
  /** Runs `request` while Delbank executes the next cancellation and loses its response. */
  readonly losingResponse: <Value>(request: () => Promise<Value>) => Promise<Value>;
  /** Sends events about the member until `receive` resolves. */
  readonly sendingEvents: <Value>(userId: string, receive: () => Promise<Value>) => Promise<Value>;
}
export type Report = (step: string, result: Readonly<Record<string, string>>) => void;

/** Reads benefits, cancels an authorization whose response is lost, and receives its outcome and an event. */
export async function runExample(sandbox: Sandbox, report: Report): Promise<void> {
  const authorization = `Bearer ${await sandbox.getToken(MEMBER)}`;
  const client = new GraphQLClient(sandbox.url, { headers: { authorization } });
  const socket = createClient({ url: sandbox.url.replace("http", "ws"), connectionParams: { authorization } });
  const subscribe = <Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) => socket.iterate<Data>({ query: print(document), variables });
  report("Sign in", { endpoint: sandbox.url, member: MEMBER.sub, scope: MEMBER.scope });

  const { me } = await client.request(operations.ReadBenefitsDocument);
  report("Read benefits", {
    offer: me?.currentOffer ? `${me.currentOffer.offer.name} (${me.currentOffer.status})` : "none",
    // A list is null only beside an error, and this client throws errors.
    benefits: me?.benefits?.map(({ name, status }) => `${name} (${status})`).join(", ") ?? "none",
  });

  // Subscribe before you change what you want to hear about. The server does not confirm the start of a subscription.
  const events = subscribe(operations.UserEventsDocument, { userId: MEMBER.sub });
  const input = {
    idempotencyKey: randomUUID(), // identifies this request: a retry sends the same one
    recurrenceId: RECURRENCE_ID,
    requesterType: "NATURAL",
    requesterDocument: MEMBER.tax_id,
    reason: "REQUESTED_BY_PAYER",
  } as const;
  const { cancelPixAuthorization: cancelled } = await sandbox.losingResponse(() =>
    client.request(operations.CancelAuthorizationDocument, { input }),
  );
  const [userError] = cancelled.userErrors;
  report("Cancel the Pix authorization; Delbank's response gets lost", {
    authorization: RECURRENCE_ID,
    ...(cancelled.operation && { status: cancelled.operation.status }),
    ...(userError && { userError: userError.code, message: userError.message }),
  });
  if (userError && userError.code !== "ALREADY_CANCELLED") throw new Error(userError.message);

  if (cancelled.operation && !userError) {
    const outcome = subscribe(operations.OperationSettledDocument, { id: cancelled.operation.id });
    let { status } = cancelled.operation;
    while (status !== "SUCCEEDED") {
      ({ status } = (await next(outcome)).operationSettled);
      report("Wait for operationSettled", { status }); // NEEDS_ATTENTION can still become one of the others
      if (status === "FAILED") throw new Error("Delbank rejected the cancellation.");
    }
  }
  const { userEvents } = await sandbox.sendingEvents(MEMBER.sub, () => next(events));
  report("Receive an event by userEvents", { kind: userEvents.kind, occurredAt: userEvents.occurredAt });
  await socket.dispose();
}

/** The next value of a subscription. */
async function next<Data>(values: AsyncIterator<{ readonly data?: Data | null }>): Promise<NonNullable<Data>> {
  const result = await values.next();
  if (result.done || !result.value.data) throw new Error("The subscription ended without a value.");
  return result.value.data;
}
