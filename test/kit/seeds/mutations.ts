import { type ProviderState } from "../sandbox-control";
import { type Claims, PAYER_CLAIMS } from "../tokens/claims";
import { PAYER_TAX_ID, RECURRENCE_ID } from "./ids";
import { type TestSubgraph } from "../start/subgraph";
import { type GraphqlResponse } from "../http/graphql-client";

type Input = Readonly<Record<string, unknown>>;

/** A mutation, with an input that succeeds on the sandbox's seeds. */
export interface MutationCase {
  readonly name: string;
  readonly kind: string;
  /** Fields of its payload, without those that need a provider call. */
  readonly selection: string;
  readonly input: Input;
  /** Another valid input of the same mutation. */
  readonly conflictingInput: Input;
  readonly vendor: "avibra" | "delbank";
  readonly method: "POST" | "DELETE";
  /** The path of the provider's endpoint that it writes to. */
  readonly path: string;
  /** The endpoint's name in the sandbox's list of commits. */
  readonly commitOperation: string;
  /** Counts its effects in the provider's state. */
  readonly countEffects: (state: ProviderState) => number;
}

const user = (state: ProviderState, id: string) => state.users?.find(({ userId }) => userId === id);
const USER = "user { id }";

/** On different members, so that all can run at the same time. */
export const MUTATIONS: readonly MutationCase[] = [
  {
    name: "createUser",
    kind: "CREATE_USER",
    selection: USER,
    input: { userId: "m-create", firstName: "Eva", lastName: "Prado", email: "eva@example.com", offerId: "basic" },
    conflictingInput: { userId: "m-create", firstName: "Eva", lastName: "Pires", email: "eva@example.com" },
    vendor: "avibra",
    method: "POST",
    path: "/user/account/create",
    commitOperation: "create",
    countEffects: (state) => (user(state, "m-create")?.stage === "ENROLLED" ? 1 : 0),
  },
  {
    name: "updateUser",
    kind: "UPDATE_USER",
    selection: USER,
    input: { userId: "u-1001", lastName: "Almeida" },
    conflictingInput: { userId: "u-1001", lastName: "Barros" },
    vendor: "avibra",
    method: "POST",
    path: "/user/account/update",
    commitOperation: "update",
    countEffects: (state) => (user(state, "u-1001")?.profile.lastName === "Almeida" ? 1 : 0),
  },
  {
    name: "prefillUser",
    kind: "PREFILL_USER",
    selection: USER,
    input: { userId: "m-prefill", firstName: "Gil", address: { city: "Recife" } },
    conflictingInput: { userId: "m-prefill", firstName: "Gil", address: { city: "Olinda" } },
    vendor: "avibra",
    method: "POST",
    path: "/user/prefill",
    commitOperation: "prefill",
    countEffects: (state) => (user(state, "m-prefill")?.stage === "PREFILLED" ? 1 : 0),
  },
  {
    name: "cancelUser",
    kind: "CANCEL_USER",
    selection: USER,
    input: { userId: "u-1002" },
    conflictingInput: { userId: "u-1001" },
    vendor: "avibra",
    method: "DELETE",
    path: "/user/account/cancel/",
    commitOperation: "cancel",
    countEffects: (state) => (user(state, "u-1002")?.stage === "CANCELLED" ? 1 : 0),
  },
  {
    name: "changeOffer",
    kind: "CHANGE_OFFER",
    selection: USER,
    input: { userId: "u-1001", offerId: "premium", direction: "UPGRADE" },
    conflictingInput: { userId: "u-1001", offerId: "basic", direction: "DOWNGRADE" },
    vendor: "avibra",
    method: "POST",
    path: "/user/offers",
    commitOperation: "offers",
    countEffects: (state) => (user(state, "u-1001")?.currentOffer.id === "premium" ? 1 : 0),
  },
  {
    name: "createPortalLink",
    kind: "CREATE_PORTAL_LINK",
    selection: "portalUrl",
    input: { userId: "u-1001" },
    conflictingInput: { userId: "u-1002" },
    vendor: "avibra",
    method: "POST",
    path: "/user/linktoken3",
    commitOperation: "linktoken3",
    countEffects: (state) => state.linkTokens?.length ?? 0,
  },
  {
    name: "cancelPixAuthorization",
    kind: "CANCEL_PIX_AUTHORIZATION",
    selection: "pixCancellation { id recurrenceId reason reasonCode requesterType cancelledAt }",
    input: {
      recurrenceId: RECURRENCE_ID,
      requesterType: "NATURAL",
      requesterDocument: PAYER_TAX_ID,
      reason: "REQUESTED_BY_PAYER",
    },
    conflictingInput: {
      recurrenceId: RECURRENCE_ID,
      requesterType: "NATURAL",
      requesterDocument: PAYER_TAX_ID,
      reason: "ACCOUNT_CLOSED",
    },
    vendor: "delbank",
    method: "POST",
    path: "/automatic-pix/authorizations",
    commitOperation: "cancel",
    countEffects: ({ authorizations = [] }) =>
      authorizations.find(({ recurrenceId }) => recurrenceId === RECURRENCE_ID)?.cancellations.length ?? 0,
  },
];

export function findMutation(name: string): MutationCase {
  const mutation = MUTATIONS.find((one) => one.name === name);
  if (!mutation) throw new Error(`no mutation ${name}`);
  return mutation;
}

export const OPERATION_FIELDS =
  "id kind status userId recurrenceId idempotencyKey attempts createdAt settledAt failure { code message field retryable }";

/** The name of a mutation's input type, for example `ChangeOfferInput`. */
export const toInputType = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;

/** The document of a mutation; its variable is `$input`. */
export function toDocument({ name, selection }: Pick<MutationCase, "name" | "selection">): string {
  return `mutation($input: ${toInputType(name)}!) { ${name}(input: $input) {
    operation { ${OPERATION_FIELDS} } userErrors { code message field retryable } ${selection} } }`;
}

/** Sends a mutation; by default as a caller who may send every mutation. */
export function sendMutation(
  subgraph: TestSubgraph,
  mutation: Pick<MutationCase, "name" | "selection">,
  { input, claims = PAYER_CLAIMS }: { input: Input; claims?: Claims | null },
): Promise<GraphqlResponse> {
  return subgraph.graphql(toDocument(mutation), { variables: { input }, claims });
}

/** The result of `operation(id)`. Throws if there are errors. */
export async function fetchOperation(subgraph: TestSubgraph, id: string, claims: Claims = PAYER_CLAIMS) {
  const query = `query($id: ID!) { operation(id: $id) { ${OPERATION_FIELDS} } }`;
  const { data, errors } = await subgraph.graphql(query, { variables: { id }, claims });
  if (errors) throw new Error(JSON.stringify(errors));
  return data.operation;
}

/** Changes that a simulated provider has committed for a mutation; a link token of the portal counts as one. */
export function countCommits({ commitOperation, countEffects }: MutationCase, state: ProviderState): number {
  if (commitOperation === "linktoken3") return countEffects(state);
  return state.commits.filter(({ operation }) => operation === commitOperation).length;
}
