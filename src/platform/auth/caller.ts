/** Who is asking, as a verified token says. */
export interface Caller {
  /** The member's own user id. */
  readonly userId: string;
  /** The member's tax id (CPF or CNPJ), digits and letters only; absent if the token carries none that identifies the member. */
  readonly taxId?: string;
  readonly scopes: ReadonlySet<string>;
}
