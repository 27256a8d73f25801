import { MEMBER_ID } from "../seeds/ids";

/** What the simulated Avibra returns for every member. */
export interface MemberSize {
  readonly benefits: number;
  /** Characters of each benefit's description. */
  readonly description?: number;
}

const TIMESTAMP = "2026-01-05T12:00:00Z";

/** A fault that responds to every read of benefits with this number of benefits. */
export function largeMemberFault({ benefits, description = 20 }: MemberSize): Readonly<Record<string, unknown>> {
  const benefit = (index: number) => ({
    benefitid: `b-${index}`,
    benefitname: `Benefit ${index}`,
    description: "x".repeat(description),
    category: "INSURANCE",
    status: "ACTIVE",
    coverageamount: "100.00",
    currency: "USD",
    effectiveattimestamp: TIMESTAMP,
    expiresattimestamp: TIMESTAMP,
    swapeffectiveattimestamp: TIMESTAMP,
    swapexpiresattimestamp: TIMESTAMP,
  });
  const body = {
    userid: MEMBER_ID,
    offers: [],
    benefits: Array.from({ length: benefits }, (_, index) => benefit(index)),
  };
  return { match: { path: "/user/benefits" }, kind: "status", status: 200, body, times: 1_000_000 };
}

export interface CostlyQuery {
  readonly member?: MemberSize;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(" ");
const benefitsOf = (aliases: number, fields: string) => times(aliases, (index) => `a${index}: benefits { ${fields} }`);
const me = (fields: string) => `{ me { ${fields} } }`;
const representations = (count: number, idOf: (index: number) => string) => ({
  representations: Array.from({ length: count }, (_, index) => ({ __typename: "User", id: idOf(index) })),
});
const entities = (fields: string) =>
  `query($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { ${fields} } } }`;

/** Requests within every limit of a document, whose response costs too much. `LIMIT_EXCEEDED`, and no data. */
export const COSTLY_QUERIES: Readonly<Record<string, CostlyQuery>> = {
  "600,000 fields: a member of 30 benefits, 20 times": {
    member: { benefits: 30 },
    query: entities(benefitsOf(90, "id name status category description userId providerStatus")),
    variables: representations(20, () => MEMBER_ID),
  },
  "10,000,000 fields: a member of 500 benefits, 20 times": {
    member: { benefits: 500 },
    query: entities(benefitsOf(90, "id name status category description userId providerStatus")),
    variables: representations(20, () => MEMBER_ID),
  },
  "390,000 dates of 500 benefits": {
    member: { benefits: 500 },
    query: me(benefitsOf(195, "effectiveAt expiresAt swapEffectiveAt swapExpiresAt")),
  },
  "195 aliases of one long text, 181 MB of 1 MB": {
    member: { benefits: 240, description: 3900 },
    query: me(benefitsOf(195, "description")),
  },
  "one list of 195 aliases of a long text": {
    member: { benefits: 240, description: 3900 },
    query: me(`benefits { ${times(195, (index) => `a${index}: description`)} }`),
  },
  "long names of fields, 500 times": {
    member: { benefits: 500 },
    query: me(`benefits { ${times(4, (index) => `${"a".repeat(14_000)}${index}: id`)} }`),
  },
  "an error in each of 4,000 fields": {
    query: entities(times(4, (index) => `a${index}: operations(first: 0) { pageInfo { hasNextPage } }`)),
    variables: representations(1000, (index) => `m-${index}`),
  },
};

export const toBody = ({ query, variables }: CostlyQuery, salt: string) =>
  JSON.stringify({ query: `${query} #${salt}`, variables });
