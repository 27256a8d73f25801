import { type Commit } from "../server/vendor";

/** As it goes over the wire: Avibra does not document the type of its dates, so the seeds mix every form. */
export type WireTimestamp = string | number | null;

export interface Profile {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly birthDate?: string | undefined;
  readonly address?: Readonly<Record<string, string>> | undefined;
}

export interface Offer {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly price: string;
  /** Ids of the benefits that taking the offer gives. */
  readonly benefits: readonly string[];
}

export interface CurrentOffer {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly activatedAt: WireTimestamp;
  readonly nextBillingAt: WireTimestamp;
}

/** A date that is left out is absent from the answer. */
export interface Benefit {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly coverageAmount: string | null;
  readonly status: string;
  readonly effectiveAt?: WireTimestamp;
  readonly expiresAt?: WireTimestamp;
  readonly swapEffectiveAt?: WireTimestamp;
  readonly swapExpiresAt?: WireTimestamp;
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

/** Everything that a reset throws away. */
export interface AvibraState {
  readonly accounts: Map<string, Account>;
  readonly linkTokens: LinkToken[];
  readonly commits: Commit[];
}
