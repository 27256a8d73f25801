import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { type Inbox } from "../../platform/inbox/inbox";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type ResponseBudget } from "../../platform/graphql/limits/response-budget";
import { type RequestBudget } from "../../platform/reads/request-budget";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import {
  ENROLLMENT_EVENTS,
  ENROLLMENT_OPERATIONS,
  deriveEnrollment,
  readEventChanges,
  readOperationChanges,
} from "./enrollment.state";
import { type Enrollment } from "./enrollment.type";
import { canReadUser } from "./access";

export type EnrollmentOfUserLoader = Loader<string, Enrollment>;

export interface EnrollmentOfUserLoaderOptions {
  readonly operationStore: OperationStore;
  readonly inbox: Inbox;
  readonly caller: Caller | undefined;
  readonly concurrency: number;
  readonly budget: RequestBudget;
  readonly responseBudget: Pick<ResponseBudget, "chargeRows" | "assertWithin">;
}

/** A member's enrollment by user ID, from the operation store and the inbox. `UNKNOWN` while their database is unavailable. */
export function createEnrollmentOfUserLoader({
  operationStore,
  inbox,
  caller,
  concurrency,
  budget,
  responseBudget,
}: EnrollmentOfUserLoaderOptions): EnrollmentOfUserLoader {
  async function loadChanges(userId: string) {
    responseBudget.assertWithin();
    const [operations, events] = await Promise.all([
      operationStore.listSucceeded({ userId, kinds: ENROLLMENT_OPERATIONS }),
      inbox.findBySubject(userId, ENROLLMENT_EVENTS),
    ]);
    responseBudget.chargeRows(operations.length + events.length);
    return [...operations.flatMap(readOperationChanges), ...events.flatMap(readEventChanges)];
  }

  return createLoader({
    async loadOne(userId: string) {
      const changes = await loadChanges(userId).catch((error: unknown) => {
        if (error instanceof DatabaseUnavailable) return [];
        throw error;
      });
      return deriveEnrollment(changes);
    },
    resolveWithoutCall: (userId) => (canReadUser(requireCaller(caller), userId) ? undefined : deriveEnrollment([])),
    concurrency,
    budget,
  });
}
