import { type Account, type AvibraState } from "./account.state";

/** One authorized call to an endpoint, with the state that it reads and changes. */
export interface AvibraCall {
  readonly state: AvibraState;
  readonly now: Date;
  /** The user ID in the path; empty for endpoints that have none there. */
  readonly userId: string;
  /** Applies the effect: stores the account and adds a row to the journal. */
  readonly commit: (account: Account) => void;
}
