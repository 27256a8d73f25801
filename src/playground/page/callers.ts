/** A caller that the sandbox knows. */
export interface Caller {
  readonly label: string;
  /** Who it is and what the sandbox's data says, in a few words. */
  readonly description: string;
  /** The claims of the token; undefined for an anonymous caller. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** The callers that the page offers if developer tokens are available. The examples are written for the first one. */
export const callers: readonly [Caller, ...Caller[]] = [
  {
    label: "Member u-1001, who pays by Pix",
    description: "Ana has the offer Plus and pays for it with the recurrence RR0435879820240605njua7shf40o",
    claims: { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" },
  },
  {
    label: "Member u-1002, with the offer Basic",
    description: "Bruno has two active benefits",
    claims: { sub: "u-1002" },
  },
  {
    label: "Member u-1003, not enrolled yet",
    description: "Carla is prefilled: no offer, no benefits",
    claims: { sub: "u-1003" },
  },
  {
    label: "Member u-1004, who cancelled",
    description: "Davi's offer and his recurrence RR3822485720260110cancelled01 are cancelled",
    claims: { sub: "u-1004", tax_id: "77379362038" },
  },
  {
    label: "Payer p-2001, a company",
    description: "Padaria Aurora is no member, but pays with the recurrence RR3822485720260110legalpay001",
    claims: { sub: "p-2001", tax_id: "01234567000195", scope: "pix:cancel" },
  },
  {
    label: "Staff: everybody's data",
    description: "Reads and changes every member's data; tax IDs are masked",
    claims: { sub: "staff-1", scope: "users:read:any users:write:any pix:read:any pix:cancel:any operations:read:any" },
  },
  {
    label: "Staff: tax IDs in full, too",
    description: "Reads every member's data, with whole tax IDs",
    claims: { sub: "staff-2", scope: "users:read:any pix:read:any pii:read" },
  },
  { label: "Anonymous: without a token", description: "Every field is refused" },
];
