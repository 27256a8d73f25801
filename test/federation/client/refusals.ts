import { Kind, parse, visit } from "graphql";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { type Operation } from "./default-clients";

/** Who sends the operation. `member` may read; no token has the scope of a cancellation. */
export type Token = "member" | "none" | "forged" | "expired";

export interface Refusal extends Operation {
  readonly refusal: string;
  readonly code: string;
  /** Default: `member`. */
  readonly token?: Token;
  /** Whether Avibra is down. */
  readonly isProviderDown?: boolean;
  /** Whether the subgraph refuses the whole request, with an error that has no path. */
  readonly isWhole: boolean;
  /** Whether gateways refuse it by themselves. They do not know the scalars of subgraphs. */
  readonly isRefusedByGateways?: boolean;
}

const me = parse("{ me { id } }");
/** A document that clients print as `{ me { id }} }`. */
const unbalanced = visit(me, {
  [Kind.FIELD]: (node) => (node.selectionSet ? undefined : { ...node, name: { ...node.name, value: "id }" } }),
});
const aliases = Array.from({ length: 201 }, (_, index) => `a${index}: id`).join(" ");
const userById = parse("query ($id: UserId!) { user(id: $id) { id } }");
const cancellation = {
  idempotencyKey: "refused",
  recurrenceId: RECURRENCE_ID,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
  reason: "REQUESTED_BY_PAYER",
};

/** Each refusal for what a request asks, in every form that clients can send. */
export const REFUSALS: readonly Refusal[] = [
  {
    refusal: "a document over a limit",
    code: "LIMIT_EXCEEDED",
    document: parse(`{ me { ${aliases} } }`),
    isWhole: true,
  },
  {
    refusal: "a literal that its scalar refuses",
    code: "BAD_USER_INPUT",
    document: parse('{ user(id: "no id!") { id } }'),
    isWhole: true,
  },
  {
    refusal: "a variable that its scalar refuses",
    code: "BAD_USER_INPUT",
    document: userById,
    variables: { id: "no id!" },
    isWhole: true,
  },
  {
    refusal: "a variable of another type",
    code: "BAD_USER_INPUT",
    document: parse("query ($n: Int!) { me { operations(first: $n) { pageInfo { hasNextPage } } } }"),
    variables: { n: "ten" },
    isWhole: true,
    isRefusedByGateways: true,
  },
  {
    refusal: "a missing variable",
    code: "BAD_USER_INPUT",
    document: userById,
    variables: {},
    isWhole: true,
    isRefusedByGateways: true,
  },
  { refusal: "a missing token", code: "UNAUTHENTICATED", document: me, token: "none", isWhole: false },
  { refusal: "a forged token", code: "UNAUTHENTICATED", document: me, token: "forged", isWhole: true },
  { refusal: "an expired token", code: "UNAUTHENTICATED", document: me, token: "expired", isWhole: true },
  {
    refusal: "a missing scope",
    code: "FORBIDDEN",
    document: parse(
      "mutation ($input: CancelPixAuthorizationInput!) { cancelPixAuthorization(input: $input) { operation { id } } }",
    ),
    variables: { input: cancellation },
    isWhole: false,
  },
  {
    refusal: "a syntax error",
    code: "GRAPHQL_PARSE_FAILED",
    document: unbalanced,
    isWhole: true,
    isRefusedByGateways: true,
  },
  {
    refusal: "an unknown field",
    code: "GRAPHQL_VALIDATION_FAILED",
    document: parse("{ me { no } }"),
    isWhole: true,
    isRefusedByGateways: true,
  },
  {
    refusal: "a list of a provider that is down",
    code: "PROVIDER_UNAVAILABLE",
    document: parse("{ me { id benefits { id } } }"),
    isProviderDown: true,
    isWhole: false,
  },
];

/** Only while the key server has never been reached. */
export const UNKNOWN_KEYS: Refusal = {
  refusal: "a token while the key server is unreachable",
  code: "UNAVAILABLE",
  document: me,
  isWhole: true,
};
