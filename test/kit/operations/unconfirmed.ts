import { PAYER_CLAIMS } from "../tokens/claims";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../seeds/ids";
import { waitFor } from "../wait-for";
import { type GraphqlOptions } from "../http/graphql-client";
import { type TestSubgraph } from "../start/subgraph";

/** Variables with which the reconciler polls soon after a lost response. */
export const FAST_RECONCILIATION = { RECONCILE_INTERVAL_MS: "50" };

/** What sends the requests: a client of the subgraph or of a gateway. */
interface Sender {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as GraphqlResponse
  readonly graphql: (query: string, options: GraphqlOptions) => Promise<{ readonly data?: any }>;
  readonly delbank: TestSubgraph["delbank"];
}

/** A Pix cancellation whose response is lost, and that cannot be confirmed before `confirm` is called; its operation's id. */
export async function startUnconfirmedOperation({ graphql, delbank }: Sender, idempotencyKey = "press-1") {
  await delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
  // The first read is the check before anything is sent.
  await delbank.addFault({ match: { method: "GET" }, kind: "delay", delayMs: 0 });
  await delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503, times: 100_000 });
  const { data } = await graphql(
    "mutation($input: CancelPixAuthorizationInput!) { cancelPixAuthorization(input: $input) { operation { id status } } }",
    {
      claims: PAYER_CLAIMS,
      variables: {
        input: {
          idempotencyKey,
          recurrenceId: RECURRENCE_ID,
          requesterType: "NATURAL",
          requesterDocument: PAYER_TAX_ID,
          reason: "REQUESTED_BY_PAYER",
        },
      },
    },
  );
  const { id, status } = data.cancelPixAuthorization.operation as { id: string; status: string };
  if (status !== "UNCONFIRMED") throw new Error(`expected UNCONFIRMED, got ${status}`);
  const query = "query($id: ID!) { operation(id: $id) { status } }";
  const isSettled = async () => {
    const response = await graphql(query, { claims: PAYER_CLAIMS, variables: { id } });
    return response.data.operation.status === "SUCCEEDED" ? true : undefined;
  };
  return {
    id,
    /** Lets the reconciler confirm it; resolves after that. */
    confirm: async () => {
      await delbank.clearFaults();
      await waitFor(isSettled);
    },
  };
}
