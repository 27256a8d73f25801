import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { type Inbox } from "../../platform/inbox/inbox.store";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type AnswerBudget } from "../../platform/limits/answer-budget";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import {
  ENROLLMENT_EVENTS,
  ENROLLMENT_OPERATIONS,
  enrollmentFrom,
  factsOfEvent,
  factsOfOperation,
} from "./enrollment.state";
import { type Enrollment } from "./enrollment.type";
import { mayReadUser } from "./user-access.type";

export type EnrollmentOfUser = Loader<string, Enrollment>;

export interface EnrollmentOfUserOptions {
  readonly ledger: Ledger;
  readonly inbox: Inbox;
  readonly caller: Caller | undefined;
  readonly concurrency: number;
  readonly budget: CallBudget;
  readonly answer: Pick<AnswerBudget, "takeRows" | "assertWithin">;
}

/** A member's enrollment by user id, from the ledger and the inbox. Without their database nothing is known, and reads go on. */
export function createEnrollmentOfUser({
  ledger,
  inbox,
  caller,
  concurrency,
  budget,
  answer,
}: EnrollmentOfUserOptions): EnrollmentOfUser {
  async function factsOf(userId: string) {
    answer.assertWithin();
    const [operations, events] = await Promise.all([
      ledger.succeeded({ subject: userId, kinds: ENROLLMENT_OPERATIONS }),
      inbox.about(userId, ENROLLMENT_EVENTS),
    ]);
    answer.takeRows(operations.length + events.length);
    return [...operations.flatMap(factsOfOperation), ...events.flatMap(factsOfEvent)];
  }

  return createLoader({
    async loadOne(userId: string) {
      const facts = await factsOf(userId).catch((error: unknown) => {
        if (error instanceof DatabaseUnavailable) return [];
        throw error;
      });
      return enrollmentFrom(facts);
    },
    withoutCall: (userId) => (mayReadUser(requireCaller(caller), userId) ? undefined : enrollmentFrom([])),
    concurrency,
    budget,
  });
}
