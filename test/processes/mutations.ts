import { MEMBER_ID, PAYER_TAX_ID } from "../kit/seeds/ids";
export { authorizationId } from "../kit/seeds/ids";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { type RunningProgram } from "../kit/start/program";
import { type CodeLocation } from "./breakpoint";

/** Claims of a member who is the payer of every active authorization of the seeds. */
const payerClaims = (sub: string) => ({ sub, tax_id: PAYER_TAX_ID, scope: "pix:cancel" });
export const MEMBER = payerClaims(MEMBER_ID);
export const IDEMPOTENCY_KEY = "the-key";

export interface Mutation {
  /** The kind of its operation. */
  readonly kind: string;
  readonly vendor: "avibra" | "delbank";
  /** Where its request goes. */
  readonly path: string;
  /** The member or the authorization that is changed. */
  readonly subject: string;
  readonly query: string;
  readonly input: Readonly<Record<string, string>>;
  /** The caller's. */
  readonly claims: typeof MEMBER;
}

const OPERATION = "operation { id status attempts idempotencyKey } userErrors { code }";

/** A `keyed` mutation of a member that Avibra does not know before. */
export function createUser(userId: string): Mutation {
  return {
    kind: "CREATE_USER",
    vendor: "avibra",
    path: "/user/account/create",
    subject: userId,
    query: `mutation ($input: CreateUserInput!) { payload: createUser(input: $input) { ${OPERATION} } }`,
    input: { userId, firstName: "Ana", lastName: "Souza", email: "ana@example.com" },
    claims: payerClaims(userId),
  };
}

/** A `keyed` mutation of a seeded member. */
export function upgradeOffer(userId: string, offerId: string): Mutation {
  return {
    kind: "CHANGE_OFFER",
    vendor: "avibra",
    path: "/user/offers",
    subject: userId,
    query: `mutation ($input: ChangeOfferInput!) { payload: changeOffer(input: $input) { ${OPERATION} } }`,
    input: { userId, offerId, direction: "UPGRADE" },
    claims: payerClaims(userId),
  };
}

/** A `once` mutation: a member cancels an authorization. */
export function cancelPix(recurrenceId: string, member: string = MEMBER_ID): Mutation {
  return {
    kind: "CANCEL_PIX_AUTHORIZATION",
    vendor: "delbank",
    path: `/baas/api/v1/automatic-pix/authorizations/${recurrenceId}/cancellations`,
    subject: recurrenceId,
    query: `mutation ($input: CancelPixAuthorizationInput!) { payload: cancelPixAuthorization(input: $input) { ${OPERATION} pixCancellation { id } } }`,
    input: {
      recurrenceId,
      requesterType: "NATURAL",
      requesterDocument: PAYER_TAX_ID,
      reason: "REQUESTED_BY_PAYER",
    },
    claims: payerClaims(member),
  };
}

/** Sends a mutation to one process. */
export function sendMutation(
  replica: RunningProgram,
  { query, input, claims }: Mutation,
  idempotencyKey = IDEMPOTENCY_KEY,
): Promise<GraphqlResponse> {
  return replica.graphql(query, { variables: { input: { idempotencyKey, ...input } }, claims });
}

/** Functions of the built program to stop at. */
export const MARK_SENT: CodeLocation = { file: "platform/operations/operation.store.js", name: "markSent" };
export const ACQUIRE_LOCK: CodeLocation = {
  file: "platform/operations/exclusive-lock.js",
  name: "acquireExclusiveLock",
};
export const SETTLE: CodeLocation = { file: "platform/operations/operation.store.js", name: "settleIf" };
export const TO_OPERATION: CodeLocation = { file: "features/operation/to-operation.js", name: "toOperation" };
export const CANCELLATION_CALL: CodeLocation = {
  file: "providers/delbank/delbank.client.js",
  name: "requestCancellation",
};
export const CREATE_USER_CALL: CodeLocation = { file: "providers/avibra/avibra.wire.js", name: "toProfileBody" };
