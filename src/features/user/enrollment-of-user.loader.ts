import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { ENROLLMENT_KINDS, enrollmentFrom } from "./enrollment.state";
import { type Enrollment } from "./enrollment.type";
import { mayReadUser } from "./user-access.type";

export type EnrollmentOfUser = Loader<string, Enrollment>;

export interface EnrollmentOfUserOptions {
  readonly ledger: Ledger;
  readonly caller: Caller | undefined;
  readonly concurrency: number;
}

/** A member's enrollment by user id, from the ledger alone. Without a ledger nothing is known, and reads go on. */
export function createEnrollmentOfUser({ ledger, caller, concurrency }: EnrollmentOfUserOptions): EnrollmentOfUser {
  return createLoader({
    async loadOne(userId: string) {
      if (!mayReadUser(requireCaller(caller), userId)) return enrollmentFrom([]);
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
    concurrency,
  });
}
