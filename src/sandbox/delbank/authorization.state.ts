import { type Commit } from "../server/vendor";
import { type Reason } from "./reason";
import { type PersonType } from "./tax-id";

export interface Party {
  readonly type: PersonType;
  /** With its leading zeros; the serializer decides how they are sent. */
  readonly document: string;
  readonly name: string;
}

export interface Cancellation {
  readonly id: string;
  readonly requester: Pick<Party, "type" | "document">;
  readonly reason: Reason;
  readonly at: string;
  readonly status: string;
}

export interface Authorization {
  readonly recurrenceId: string;
  /** The internal ID of the newer generation. */
  readonly guid: string;
  readonly payer: Party;
  readonly beneficiary: Party;
  readonly amount: number;
  readonly contractNumber: string;
  readonly createdAt: string;
  /** One of the assumed situations. */
  situation: string;
  situationAt: string;
  readonly cancellations: Cancellation[];
}

/** The state that a reset discards. */
export interface DelbankState {
  /** By recurrence ID, which is case-sensitive. */
  readonly authorizations: Map<string, Authorization>;
  /** The IDs of the authorizations that are not as the seeds have them. */
  readonly changedIds: Set<string>;
  readonly commits: Commit[];
}
