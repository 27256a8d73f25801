/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

function pickOne<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to draw from");
  return item;
}

const PATHS = {
  avibra: [
    "/oauth2/token",
    "/user/benefits",
    "/user/account",
    "/user/prefill",
    "/user/offers",
    "/user/linktoken3",
    "/",
  ],
  delbank: ["/automatic-pix", "/automatic-pix/authorizations"],
} as const;
const STATUSES = [401, 403, 408, 429, 500, 502, 503, 504];
export const KINDS = [
  "status",
  "status",
  "delay",
  "resetBeforeCommit",
  "resetAfterCommit",
  "hangBeforeCommit",
  "hangAfterCommit",
  "truncatedBody",
  "malformedJson",
  "wrongShape",
  "emptyBody",
  "htmlBody",
  "slowBody",
  "redirect",
  "hugeBody",
  "endlessBody",
];
/** Their bytes cost the machine more than they teach. */
const HEAVY = ["hugeBody", "endlessBody"];

export interface GeneratedFault {
  readonly vendor: keyof typeof PATHS;
  readonly fault: { readonly kind: string; readonly status?: number } & Readonly<Record<string, unknown>>;
}

/** A fault of any kind, somewhere at one of the providers, for a few requests. */
export function generateFault(random: Random): GeneratedFault {
  const vendor = pickOne(random, ["avibra", "avibra", "delbank"] as const);
  const kind = pickOne(random, KINDS);
  const fault = {
    match: { path: pickOne<string>(random, PATHS[vendor]) },
    kind,
    times: HEAVY.includes(kind) ? 1 : Math.ceil(random() * 20),
    probability: 0.2 + random() * 0.8,
    seed: Math.floor(random() * 1e9),
    ...(kind === "status" && { status: pickOne(random, STATUSES) }),
    ...(kind === "emptyBody" && random() < 0.5 && { status: 500 }), // done, and told as a failure
    ...(kind === "status" &&
      random() < 0.3 && { headers: { "retry-after": pickOne(random, ["1", "-1", "1e9", "soon"]) } }),
    ...(["delay", "slowBody"].includes(kind) && { delayMs: Math.round(random() * 1000) }),
  };
  return { vendor, fault };
}

/** One request of the load. `who` is an index into `PRINCIPALS`. */
export interface GeneratedRequest {
  readonly who: number;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly isMutation: boolean;
}

export const PRINCIPALS = [
  { sub: "support", scope: "users:read:any users:write:any pix:read:any pix:cancel:any" },
  { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" },
  { sub: "u-1002" },
] as const;
const SUPPORT = 0;

const MEMBERS = ["u-1001", "u-1002", "u-1003", "u-1004"];
const AUTHORIZATIONS = [
  { recurrenceId: "RR0435879820240605njua7shf40o", requesterType: "NATURAL", requesterDocument: "04623217035" },
  { recurrenceId: "RR3822485720260110legalpay001", requesterType: "LEGAL", requesterDocument: "01234567000195" },
  { recurrenceId: "RR3822485720260110cancelled01", requesterType: "NATURAL", requesterDocument: "77379362038" },
];
/** Active authorizations of u-1001's that are there for this load alone. */
export const MORE_AUTHORIZATIONS = 500;
const MEMBER = "enrollment { status } currentOffer { status offer { id } } benefits { id status }";
const AUTHORIZATION = "status cancellations { id reason }";
const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  __typename ... on User { ${MEMBER} } ... on Benefit { name status } ... on PixAuthorization { authorizationStatus: status } } }`;

const MUTATION_RATIO = 0.15;
const DUPLICATE_RATIO = 0.2;

const REFUSED_BY_NOBODY = ["create", "update", "prefill", "link", "pix"];
const SOMETIMES_REFUSED = ["cancel", "offer"];

/**
 * Requests without an end: reads of members and authorizations, and among them mutations, some of which come twice. Without
 * `refusals`, no mutation that Avibra may refuse: a refusal behind a lost answer is believed after a minute only.
 */
export function createRequests(
  random: Random,
  { includesRefusals }: { readonly includesRefusals: boolean },
): () => GeneratedRequest {
  const lastRequest: GeneratedRequest[] = [];
  const created: string[] = [];
  let count = 0;
  /** Mostly one that can be cancelled. */
  const anyAuthorization = () => {
    if (random() < 0.2) return pickOne(random, AUTHORIZATIONS);
    const number = `${1 + Math.floor(random() * MORE_AUTHORIZATIONS)}`.padStart(7, "0");
    return { ...AUTHORIZATIONS[0], recurrenceId: `RR3822485720260110more${number}` };
  };
  const anyMember = () => pickOne(random, random() < 0.5 ? MEMBERS : [...MEMBERS, ...created.slice(-50)]);

  function drawInput(): readonly [name: string, input: Readonly<Record<string, unknown>>] {
    const id = `chaos-${count}`;
    const profile = { firstName: "Eva", lastName: `Prado ${"abcdefgh".charAt(count % 8)}`, email: `${id}@example.com` };
    const name = pickOne(random, includesRefusals ? [...REFUSED_BY_NOBODY, ...SOMETIMES_REFUSED] : REFUSED_BY_NOBODY);
    switch (name) {
      case "create":
        created.push(id);
        return ["createUser", { userId: id, ...profile, offerId: "basic" }];
      case "update":
        return ["updateUser", { userId: includesRefusals ? anyMember() : "u-1001", ...profile }];
      case "prefill":
        return ["prefillUser", { userId: `${id}-prefill`, ...profile }];
      case "cancel":
        return ["cancelUser", { userId: anyMember() }];
      case "offer": {
        const offerId = pickOne(random, ["basic", "plus", "premium"]);
        return ["changeOffer", { userId: anyMember(), offerId, direction: pickOne(random, ["UPGRADE", "DOWNGRADE"]) }];
      }
      case "link":
        return ["createPortalLink", { userId: anyMember() }];
      default:
        return ["cancelPixAuthorization", { ...anyAuthorization(), reason: "REQUESTED_BY_PAYER" }];
    }
  }

  function drawMutation(): GeneratedRequest {
    if (lastRequest.length > 0 && random() < DUPLICATE_RATIO) return pickOne(random, lastRequest.slice(-50));
    const [name, input] = drawInput();
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const request = {
      who: SUPPORT,
      query: `mutation($input: ${type}!) { ${name}(input: $input) { operation { id status } userErrors { code } } }`,
      variables: { input: { idempotencyKey: `chaos-${count}`, ...input } },
      isMutation: true,
    };
    lastRequest.push(request);
    return request;
  }

  function drawRead(): GeneratedRequest {
    const who = Math.floor(random() * PRINCIPALS.length);
    const draw = random();
    const read = (query: string) => ({ who, query, isMutation: false });
    if (draw < 0.6) return read(`{ user(id: "${anyMember()}") { ${MEMBER} } }`);
    const { recurrenceId } = pickOne(random, AUTHORIZATIONS);
    const authorization = `pixAuthorization(recurrenceId: "${recurrenceId}") { ${AUTHORIZATION} }`;
    if (draw < 0.9) return read(`{ me { ${MEMBER} } ${authorization} }`);
    const userId = anyMember();
    const representations = [
      { __typename: "User", id: userId },
      { __typename: "Benefit", userId, id: "acc-ins" },
      { __typename: "PixAuthorization", recurrenceId },
    ];
    return { ...read(ENTITIES), variables: { representations } };
  }

  return () => {
    count += 1;
    return random() < MUTATION_RATIO ? drawMutation() : drawRead();
  };
}
