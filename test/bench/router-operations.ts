import { randomUUID } from "node:crypto";
import { EXAMPLES } from "../federation/gateways/examples";
import { authorizationId, MEMBER_ID } from "../kit/seeds/ids";
import { type Claims } from "../kit/tokens/claims";
import { QUERY } from "./member-benefits";

export const CONNECTIONS = 20;
/** Authorizations of member u-1001 besides the seeds; the sandbox has no more. */
export const AUTHORIZATIONS = 10_000;
const STORED_OPERATIONS = 10;

const numbered = (prefix: string) => Array.from({ length: CONNECTIONS }, (_, index) => `${prefix}-${index + 1}`);
/** The members of another team's list. */
export const TEAM = numbered("team");
/** Each connection changes the offer of its own member. */
const CHANGING = numbered("changing");
/** Its stored operations do not change during the benchmark. */
const WITH_HISTORY = "history";
/** Its dates at Avibra are texts in UTC with milliseconds. */
export const PLAIN_MEMBER = "plain";

/** How a client asks: this subgraph by itself, or a supergraph with another team's list. */
export type Side = "subgraph" | "supergraph";

export interface OperationRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Whether the data are those of this request; of a mutation only. Those of a read must equal the data that this subgraph sends directly. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- responses are compared as JSON
  readonly isRight?: (data: any) => boolean;
}

export interface RouterOperation {
  readonly title: string;
  readonly isRead: boolean;
  readonly claims: (connection: number) => Claims;
  readonly createRequest: (connection: number, side: Side) => OperationRequest;
  /** What is the same for both sides; by default, all data. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- responses are compared as JSON
  readonly toComparable?: (data: any) => unknown;
  /** Requests that are possible during the benchmark. */
  readonly available?: number;
}

const MEMBER_FIELDS = "id currentOffer { status offer { id name } } benefits { id name status }";
const ENTITIES = `query TeamBenefits($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { ${MEMBER_FIELDS} } } }`;
const TEAM_LIST = `query TeamBenefits { team { ${MEMBER_FIELDS} } }`;
const representations = TEAM.map((id) => ({ __typename: "User", id }));

/** An example of schema/operations, with its variables. */
function exampleOf(name: string) {
  const example = EXAMPLES.find(({ operation }) => operation === name);
  if (!example) throw new Error(`there is no example ${name}`);
  return { title: name, ...example, input: example.variables["input"] as object };
}

function readExample(name: string, claims?: Claims): RouterOperation {
  const { title, query, variables, caller } = exampleOf(name);
  return { title, isRead: true, claims: () => claims ?? caller, createRequest: () => ({ query, variables }) };
}

const isDone = (payload?: { operation?: { status: string }; userErrors: readonly unknown[] }) =>
  payload?.operation?.status === "SUCCEEDED" && payload.userErrors.length === 0;

function changeOffer(): RouterOperation {
  const { title, query, input } = exampleOf("change-offer");
  const premium = new Set<string>();
  return {
    title,
    isRead: false,
    claims: (connection) => ({ sub: CHANGING[connection] ?? "" }),
    createRequest(connection) {
      const userId = CHANGING[connection] ?? "";
      const [offerId, direction] = premium.delete(userId) ? ["basic", "DOWNGRADE"] : ["premium", "UPGRADE"];
      if (offerId === "premium") premium.add(userId);
      return {
        query,
        variables: { input: { ...input, idempotencyKey: randomUUID(), userId, offerId, direction } },
        isRight: ({ changeOffer: payload }) =>
          isDone(payload) && payload.user.id === userId && payload.user.currentOffer.offer.id === offerId,
      };
    },
  };
}

function cancelPixAuthorization(): RouterOperation {
  const { title, query, caller, input } = exampleOf("cancel-pix-authorization");
  let count = 0;
  return {
    title,
    isRead: false,
    claims: () => caller,
    available: AUTHORIZATIONS,
    createRequest() {
      count += 1;
      const recurrenceId = authorizationId(count);
      return {
        query,
        variables: { input: { ...input, idempotencyKey: randomUUID(), recurrenceId } },
        isRight: ({ cancelPixAuthorization: payload }) =>
          isDone(payload) &&
          payload.pixCancellation.recurrenceId === recurrenceId &&
          payload.authorization.status === "CANCELLED",
      };
    },
  };
}

/** What Apollo Connectors can respond with as well. */
export const PLAIN_READ: RouterOperation = {
  title: "member-benefits, without enrollment",
  isRead: true,
  claims: () => ({ sub: PLAIN_MEMBER }),
  createRequest: () => ({ query: QUERY }),
};

/** The example operations, entities, and what the peer can respond with. */
export const createRouterOperations = (): RouterOperation[] => [
  readExample("member-benefits"),
  readExample("pix-authorization"),
  changeOffer(),
  cancelPixAuthorization(),
  readExample("member-operations", { sub: WITH_HISTORY }),
  {
    title: `entities of ${TEAM.length} members`,
    isRead: true,
    claims: () => ({ sub: "support", scope: "users:read:any" }),
    createRequest: (_connection, side) =>
      side === "subgraph" ? { query: ENTITIES, variables: { representations } } : { query: TEAM_LIST },
    toComparable: ({ _entities: entities, team }) => entities ?? team,
  },
  PLAIN_READ,
];

type Send = (query: string, variables: Readonly<Record<string, unknown>>, claims: Claims) => Promise<unknown>;

const CREATE = `mutation($input: CreateUserInput!) {
  createUser(input: $input) { operation { status } userErrors { message } } }`;
const UPDATE = `mutation($input: UpdateUserInput!) {
  updateUser(input: $input) { operation { status } userErrors { message } } }`;

async function sendMutation(send: Send, [query, input]: readonly [string, object], claims: Claims): Promise<void> {
  const data = await send(query, { input: { ...input, idempotencyKey: randomUUID() } }, claims);
  const [payload] = Object.values(data as Readonly<Record<string, Parameters<typeof isDone>[0]>>);
  if (!isDone(payload)) throw new Error(`a preparation failed: ${JSON.stringify(data)}`);
}

/** Creates the members at Avibra, which the subgraphs share, and stores operations in each subgraph. */
export async function prepareMembers(subgraphs: readonly Send[]): Promise<void> {
  const [first] = subgraphs;
  if (!first) return;
  const profile = { firstName: "Eva", lastName: "Prado", email: "eva@example.com" };
  const members = { basic: [...CHANGING, WITH_HISTORY], plus: [...TEAM, PLAIN_MEMBER] };
  const staff = { sub: MEMBER_ID, scope: "users:write:any" };
  for (const [offerId, userIds] of Object.entries(members)) {
    const create = (userId: string) => sendMutation(first, [CREATE, { ...profile, userId, offerId }], staff);
    await Promise.all(userIds.map(create));
  }
  const update = { userId: WITH_HISTORY, lastName: "Pires" };
  for (const send of subgraphs)
    for (let count = 0; count < STORED_OPERATIONS; count += 1)
      await sendMutation(send, [UPDATE, update], { sub: WITH_HISTORY });
}
