import { userErrorsOf } from "./describe-response";
import { postOperation, type RequestCaller, requestHeaders } from "./graphql-fetcher";
import { errorsOf, toErrors } from "./tab-results";

/** It changes nothing for an enrolled member, and is followed by an event at any time. */
const PREFILL = `mutation SendTestEvent($input: PrefillUserInput!) {
  prefillUser(input: $input) { userErrors { code message } }
}`;

/** Sends a mutation after which the simulated Avibra sends an event. Resolves with the reason if the mutation was refused. */
export async function sendTestEvent(
  endpoint: string,
  caller: RequestCaller,
  userId: string,
): Promise<string | undefined> {
  const operation = {
    query: PREFILL,
    variables: { input: { idempotencyKey: `test-event-${crypto.randomUUID()}`, userId } },
  };
  try {
    const body = await postOperation(endpoint, operation, { headers: requestHeaders(caller) });
    return [...errorsOf(body), ...userErrorsOf(body)][0]?.message;
  } catch (error) {
    return toErrors(error)[0]?.message;
  }
}
