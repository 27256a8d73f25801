import { type Replica } from "../processes/replica";
import { type GraphqlAnswer } from "../support/subgraph";
import { type Effect, type Told } from "./histories-events";

/** Everything is asked for by one caller, so that every key is that caller's. */
export const CALLER = {
  sub: "support",
  scope: "users:read:any users:write:any pix:read:any pix:cancel pix:cancel:any",
};

/** One idempotency key and what it asks for. */
export interface Press {
  readonly key: string;
  readonly effect: Effect;
}

const FIELDS = "{ operation { id status idempotencyKey } userErrors { code } }";

function inputOf({ key, effect: { provider, subject } }: Press): Readonly<Record<string, string>> {
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

function toldBy(answer: GraphqlAnswer, alias: string, key: string): Told {
  const error = answer.errors?.find(({ path }) => path === undefined || path[0] === alias);
  if (error) {
    const { code, operationId } = error.extensions as { code: string; operationId?: string };
    return operationId === undefined
      ? { outcome: "refused", codes: [code] }
      : { outcome: "mayBeAccepted", id: operationId };
  }
  const payload = (answer.data as Record<string, Payload> | null | undefined)?.[alias];
  if (!payload) return { outcome: "none" }; // the error of another alias took the whole answer
  const codes = payload.userErrors.map(({ code }) => code);
  const { operation } = payload;
  // An operation of another key tells what stands in the way; this one was not accepted.
  if (operation?.idempotencyKey !== key) return { outcome: "refused", codes };
  return { outcome: "operation", id: operation.id, status: operation.status, codes };
}

/** Sends all of them as the aliases of one document; what was told of each, in their order. Never rejects. */
export async function press(replica: Replica, presses: readonly Press[]): Promise<Told[]> {
  const names = presses.map(({ effect }) => (effect.provider === "avibra" ? "createUser" : "cancelPixAuthorization"));
  const variables = presses.map((_, index) => {
    const name = names[index] ?? "";
    return `$i${index}: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  });
  const fields = presses.map((_, index) => `m${index}: ${names[index] ?? ""}(input: $i${index}) ${FIELDS}`);
  const query = `mutation (${variables.join(", ")}) { ${fields.join(" ")} }`;
  const inputs = Object.fromEntries(presses.map((one, index) => [`i${index}`, inputOf(one)]));
  const answer = await replica.graphql(query, inputs, CALLER).catch(() => undefined);
  return presses.map(({ key }, index) => (answer ? toldBy(answer, `m${index}`, key) : { outcome: "none" }));
}
