import { type Account, type AvibraState } from "./account.state";

/** One authorized call to an endpoint, with what it may see and do. */
export interface AvibraCall {
  readonly state: AvibraState;
  readonly now: Date;
  /** From the path of the endpoints that have the user there, else empty. */
  readonly userId: string;
  /** The effect: stores the account and writes the journal's row. */
  readonly commit: (account: Account) => void;
}
