import { type Commit } from "../server/vendor";
import { type Benefit, type WireTimestamp } from "./offers";

export interface Profile {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly birthDate?: string | undefined;
  readonly address?: Readonly<Record<string, string>> | undefined;
}

export interface CurrentOffer {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly activatedAt: WireTimestamp;
  readonly nextBillingAt: WireTimestamp;
}

export interface Account {
  readonly userId: string;
  readonly stage: "PREFILLED" | "ENROLLED" | "CANCELLED";
  readonly profile: Profile;
  readonly currentOffer: CurrentOffer | null;
  readonly benefits: readonly Benefit[];
}

export interface LinkToken {
  readonly userId: string;
  readonly token: string;
  readonly at: string;
}

/** The state that a reset discards. */
export interface AvibraState {
  readonly accounts: Map<string, Account>;
  /** The IDs of the accounts that are not as the seeds have them. */
  readonly changedIds: Set<string>;
  readonly linkTokens: LinkToken[];
  readonly commits: Commit[];
}
