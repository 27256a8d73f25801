import { type RunningProgram } from "../kit/start/program";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { type Effect, type ReportedOutcome } from "./histories-events";

/** Everything is asked for by one caller, so that every key is that caller's. */
export const CALLER = {
  sub: "support",
  scope: "users:read:any users:write:any pix:read:any pix:cancel pix:cancel:any",
};

/** One idempotency key and what it asks for. */
export interface MutationRequest {
  readonly key: string;
  readonly effect: Effect;
}

const FIELDS = "{ operation { id status idempotencyKey } userErrors { code } }";

function toInput({ key, effect: { provider, subject } }: MutationRequest): Readonly<Record<string, string>> {
  if (provider === "avibra") {
    return {
      idempotencyKey: key,
      userId: subject,
      firstName: "Eva",
      lastName: "Prado",
      email: `${subject}@example.com`,
    };
  }
  const requester = { requesterType: "NATURAL", requesterDocument: "04623217035", reason: "REQUESTED_BY_PAYER" };
  return { idempotencyKey: key, recurrenceId: subject, ...requester };
}

interface Payload {
  readonly operation: { readonly id: string; readonly status: string; readonly idempotencyKey: string } | null;
  readonly userErrors: readonly { readonly code: string }[];
}

function readOutcome(response: GraphqlResponse, alias: string, key: string): ReportedOutcome {
  const error = response.errors?.find(({ path }) => path === undefined || path[0] === alias);
  if (error) {
    const { code, operationId } = error.extensions as { code: string; operationId?: string };
    return operationId === undefined
      ? { outcome: "refused", codes: [code] }
      : { outcome: "mayBeAccepted", id: operationId };
  }
  const payload = (response.data as Record<string, Payload> | null | undefined)?.[alias];
  if (!payload) return { outcome: "none" }; // the error of another alias took the whole answer
  const codes = payload.userErrors.map(({ code }) => code);
  const { operation } = payload;
  // An operation of another key tells what stands in the way; this one was not accepted.
  if (operation?.idempotencyKey !== key) return { outcome: "refused", codes };
  return { outcome: "operation", id: operation.id, status: operation.status, codes };
}

/** Sends all of them as the aliases of one document; what was told of each, in their order. Never rejects. */
export async function sendRequests(
  replica: RunningProgram,
  requests: readonly MutationRequest[],
): Promise<ReportedOutcome[]> {
  const names = requests.map(({ effect }) => (effect.provider === "avibra" ? "createUser" : "cancelPixAuthorization"));
  const variables = requests.map((_, index) => {
    const name = names[index] ?? "";
    return `$i${index}: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  });
  const fields = requests.map((_, index) => `m${index}: ${names[index] ?? ""}(input: $i${index}) ${FIELDS}`);
  const query = `mutation (${variables.join(", ")}) { ${fields.join(" ")} }`;
  const inputs = Object.fromEntries(requests.map((one, index) => [`i${index}`, toInput(one)]));
  const response = await replica.graphql(query, { variables: inputs, claims: CALLER }).catch(() => undefined);
  return requests.map(({ key }, index) => (response ? readOutcome(response, `m${index}`, key) : { outcome: "none" }));
}
