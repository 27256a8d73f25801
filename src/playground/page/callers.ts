/** Somebody whom the sandbox knows, to try the API as. */
export interface Caller {
  readonly label: string;
  /** What the token says; undefined for who has none. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** Whom the page can ask as where developer tokens are given out. The first is whom the examples are written for. */
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
  { label: "Nobody: without a token" },
];
