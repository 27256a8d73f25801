import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { ENROLLMENT_KINDS, enrollmentFrom } from "./enrollment.state";
import { type Enrollment } from "./enrollment.type";
import { mayReadUser } from "./user-access.type";

export type EnrollmentOfUser = Loader<string, Enrollment>;

export interface EnrollmentOfUserOptions {
  readonly ledger: Ledger;
  readonly caller: Caller | undefined;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

/** A member's enrollment by user id, from the ledger alone. Without a ledger nothing is known, and reads go on. */
export function createEnrollmentOfUser({
  ledger,
  caller,
  concurrency,
  budget,
}: EnrollmentOfUserOptions): EnrollmentOfUser {
  return createLoader({
    async loadOne(userId: string) {
      const done = await ledger.succeeded({ subject: userId, kinds: ENROLLMENT_KINDS }).catch((error: unknown) => {
        if (error instanceof DatabaseUnavailable) return [];
        throw error;
      });
      return enrollmentFrom(
        done.map(({ kind, sentAt, settledAt, createdAt }) => ({
          kind,
          sentAt: sentAt ?? createdAt,
          settledAt: settledAt ?? createdAt,
        })),
      );
    },
    withoutCall: (userId) => (mayReadUser(requireCaller(caller), userId) ? undefined : enrollmentFrom([])),
    concurrency,
    budget,
  });
}
