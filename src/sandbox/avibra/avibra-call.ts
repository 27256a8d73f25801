import { type Account, type AvibraState } from "./account.state";

/** An authorized call to an endpoint. */
export interface AvibraCall {
  readonly state: AvibraState;
  readonly now: Date;
  /** The user id in the path; empty for endpoints without one. */
  readonly userId: string;
  /** Commits the effect: stores the account and appends to the commit journal. */
  readonly commit: (account: Account) => void;
}
