/** A caller that the sandbox knows. */
export interface Caller {
  readonly label: string;
  /** The claims of the token; undefined for an anonymous caller. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** The callers that the page offers if developer tokens are available. The examples are written for the first one. */
export const callers: readonly [Caller, ...Caller[]] = [
  {
    label: "Member u-1001, who pays by Pix",
    claims: { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" },
  },
  { label: "Another member, u-1002", claims: { sub: "u-1002" } },
  {
    label: "Staff: everybody's data",
    claims: { sub: "staff-1", scope: "users:read:any users:write:any pix:read:any pix:cancel:any" },
  },
  {
    label: "Staff: tax ids in full, too",
    claims: { sub: "staff-2", scope: "users:read:any pix:read:any pii:read" },
  },
  { label: "Anonymous: without a token" },
];
