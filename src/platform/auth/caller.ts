/** The authenticated caller, from the claims of a verified token. */
export interface Caller {
  /** The member's user ID. */
  readonly userId: string;
  /** The member's tax ID (CPF or CNPJ), digits and letters only. Absent if the token has none, or one that is ambiguous. */
  readonly taxId?: string;
  readonly scopes: ReadonlySet<string>;
}
