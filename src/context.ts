import { type FastifyRequest } from "fastify";
import { type Config } from "./config";
import { createBenefitsOfUser } from "./features/benefit";
import { createRunOperation } from "./features/operation";
import { createPixLoaders } from "./features/pix-authorization";
import { createEnrollmentOfUser } from "./features/user";
import { type Caller } from "./platform/auth/caller";
import { type VerifyToken } from "./platform/auth/verify-token";
import { type Ledger } from "./platform/ledger/ledger.store";
import { type OperationRunner } from "./platform/ledger/operation-runner";
import { type RequestCost } from "./platform/limits/request-guard";
import { createCallBudget } from "./platform/loaders/call-budget";
import { createCallerReads } from "./platform/loaders/caller-reads";
import { type ReadSource, type SharedReads } from "./platform/loaders/shared-reads";
import { type Clock } from "./platform/time/clock";
import { createDeadline } from "./platform/time/deadline";
import { type AvibraClient } from "./providers/avibra/avibra.client";
import { type DelbankClient } from "./providers/delbank/delbank.client";

/** Look-ups in the ledger that one request has under way at once: fewer than its pool has connections. */
const LEDGER_CONCURRENCY = 5;

/** What lives as long as the program and is needed by every request. */
export interface LongLived {
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  readonly ledger: Ledger;
  readonly runner: OperationRunner;
  readonly reads: SharedReads;
  /** Forgets what was read of an operation's member and recurrence, in every request. */
  readonly dropReads: (about: { readonly subject: string | null; readonly target: string | null }) => void;
  readonly onRead: (source: ReadSource) => void;
  readonly verifyToken: VerifyToken;
  readonly clock: Clock;
  readonly config: Config;
}

/** What lives for one request. The only list of loaders. */
export type Context = Awaited<ReturnType<typeof createContext>>;

/** Everything one request may use: who asks, by when, and the loaders. Throws `UNAUTHENTICATED` for a bad token. */
export async function createContext(request: FastifyRequest, { mutations }: RequestCost, longLived: LongLived) {
  const { avibra, delbank, ledger, runner, reads, dropReads, onRead, verifyToken, clock, config } = longLived;
  const caller: Caller | undefined = await verifyToken(request.headers.authorization);
  const deadline = createDeadline(clock, config.OPERATION_TIMEOUT_MS);
  const budget = createCallBudget({ limit: config.LIMIT_PROVIDER_CALLS, mutations });
  const timeoutMs = config.OPERATION_TIMEOUT_MS;
  const readShared = createCallerReads({ reads, caller, deadline, clock, timeoutMs, onAnswer: onRead });
  const loaders = {
    benefitsOfUser: createBenefitsOfUser({
      avibra,
      caller,
      readShared,
      concurrency: config.AVIBRA_CONCURRENCY,
      budget,
    }),
    enrollmentOfUser: createEnrollmentOfUser({ ledger, caller, concurrency: LEDGER_CONCURRENCY }),
    ...createPixLoaders({ delbank, caller, readShared, concurrency: config.DELBANK_CONCURRENCY, budget }),
  };
  /** Behind a mutation, what was read of its member or recurrence is old, whether or not its outcome is known. */
  const forget = ({ userId, recurrenceId }: { userId?: string; recurrenceId?: string }) => {
    dropReads({ subject: userId ?? null, target: recurrenceId ?? null });
    if (userId !== undefined)
      for (const loader of [loaders.benefitsOfUser, loaders.enrollmentOfUser]) loader.clear(userId);
    if (recurrenceId !== undefined) loaders.pixAuthorization.clear(recurrenceId);
  };
  return {
    ...(caller && { caller }),
    requestId: request.id,
    budget,
    ledger,
    loaders,
    runOperation: createRunOperation({ runner, ledger, caller, deadline, budget, forget }),
  };
}
