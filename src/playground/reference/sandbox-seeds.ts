/** A member or an authorization with which the simulated providers start. `npm run docs` writes them to docs/frontend/getting-started.md. */
export interface Seed {
  readonly id: string;
  /** Text between backticks is code. */
  readonly state: string;
}

export const SEED_MEMBERS: readonly Seed[] = [
  {
    id: "u-1001",
    state:
      "offer `plus`, enrolled by an event; the next monthly swap replaces a benefit; one has an undocumented status",
  },
  { id: "u-1002", state: "offer `basic`, two active benefits" },
  { id: "u-1003", state: "prefilled but not enrolled: no offer, no benefits" },
  { id: "u-1004", state: "offer cancelled" },
];

/** Any other valid member ID. */
export const UNKNOWN_MEMBERS = "unknown to Avibra: empty lists, no offer";

/** The tax ID of the person who pays four of the authorizations, and who is the member u-1001. */
export const SEED_PAYER_TAX_ID = "04623217035";

export const SEED_AUTHORIZATIONS: readonly Seed[] = [
  { id: "RR0435879820240605njua7shf40o", state: "active, the payer is a person" },
  { id: "RR3822485720260110legalpay001", state: "active, the payer is a company with the tax ID `01234567000195`" },
  {
    id: "RR3822485720260110cancelled01",
    state:
      "cancelled, by cancellation `IC0435879820240605bcdb1fhn43a`; the payer is `u-1004`, with the tax ID `77379362038`",
  },
  { id: "RN3822485720260110pending0001", state: "confirmation pending" },
  { id: "RR3822485720260110expired0001", state: "expired" },
  { id: "RR3822485720260110rejected001", state: "rejected" },
];
