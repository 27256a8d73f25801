import { type Config } from "./config";
import { createBenefitsOfUser } from "./features/benefit";
import { createEventLoaders } from "./features/event";
import { createOperationLoaders, createRunOperation } from "./features/operation";
import { createOwnCancellations, createPixLoaders } from "./features/pix-authorization";
import { createEnrollmentOfUser, NEW_PORTAL_LINK } from "./features/user";
import { type Caller } from "./platform/auth/caller";
import { type VerifyToken } from "./platform/auth/verify-token";
import { SubgraphError } from "./platform/errors/subgraph-error";
import { type Inbox } from "./platform/inbox/inbox.store";
import { type Ledger } from "./platform/ledger/ledger.store";
import { type OperationRunner } from "./platform/ledger/operation-runner";
import { createAnswerBudget } from "./platform/limits/answer-budget";
import { type RequestCost } from "./platform/limits/request-guard";
import { createCallBudget } from "./platform/loaders/call-budget";
import { createCallerReads } from "./platform/loaders/caller-reads";
import { type ReadSource, type SharedReads } from "./platform/loaders/shared-reads";
import { type Signals } from "./platform/signals/signals";
import { createHints } from "./platform/subscriptions/hints";
import { createDeadline, within } from "./platform/time/deadline";
import { type MonotonicClock } from "./platform/time/monotonic-clock";
import { type AvibraClient } from "./providers/avibra/avibra.client";
import { type DelbankClient } from "./providers/delbank/delbank.client";

/** Look-ups of one kind that one request has under way at once in the ledger: fewer than its pool has connections. */
const LEDGER_CONCURRENCY = 5;

/** What lives as long as the program and is needed by every request. */
export interface LongLived {
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  readonly ledger: Ledger;
  readonly signals: Signals;
  readonly inbox: Inbox;
  readonly runner: OperationRunner;
  readonly reads: SharedReads;
  /** Forgets what was read of an operation's member and recurrence, in every request. */
  readonly dropReads: (about: { readonly subject: string | null; readonly target: string | null }) => void;
  readonly onRead: (source: ReadSource) => void;
  readonly verifyToken: VerifyToken;
  readonly clock: MonotonicClock;
  readonly config: Config;
}

/** What a context is made for: a request, or one event of a subscription. */
export interface Asked {
  readonly id: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** Fires when the subscription ends that it belongs to. */
  readonly ended?: AbortSignal;
}

/** Of a request that is no subscription: nothing listens. */
const ENDED = AbortSignal.abort();

/** What lives for one request. The only list of loaders. */
export type Context = Awaited<ReturnType<typeof createContext>>;

/** Everything one request may use: who asks, by when, and the loaders. Throws `UNAUTHENTICATED` for a bad token. */
export async function createContext(request: Asked, { mutations }: RequestCost, longLived: LongLived) {
  const { ended = ENDED } = request;
  const { avibra, delbank, ledger, inbox, signals, runner, reads, dropReads, onRead, verifyToken, clock, config } =
    longLived;
  const deadline = createDeadline(clock, config.OPERATION_TIMEOUT_MS);
  const verifying = verifyToken(request.headers.authorization);
  const caller: Caller | undefined = await within(deadline, verifying, () => new SubgraphError("UNAVAILABLE"));
  const budget = createCallBudget({ limit: config.LIMIT_PROVIDER_CALLS, unit: "provider calls", mutations });
  const lookUpBudget = createCallBudget({
    limit: config.LIMIT_LEDGER_READS,
    unit: "look-ups of operations and events",
  });
  const rowBudget = createCallBudget({
    limit: config.LIMIT_LEDGER_ROWS,
    unit: "places in lists of operations and events",
  });
  const budgets = [budget, lookUpBudget, rowBudget];
  const answer = createAnswerBudget({ nodes: config.LIMIT_NODES, bytes: config.LIMIT_RESPONSE_BYTES });
  const timeoutMs = config.OPERATION_TIMEOUT_MS;
  const readShared = createCallerReads({ reads, caller, deadline, timeoutMs, onAnswer: onRead, answer });
  const ofLedger = { ledger, concurrency: LEDGER_CONCURRENCY, budget: lookUpBudget, answer };
  const loaders = {
    benefitsOfUser: createBenefitsOfUser({
      avibra,
      caller,
      readShared,
      concurrency: config.AVIBRA_CONCURRENCY,
      budget,
    }),
    enrollmentOfUser: createEnrollmentOfUser({ caller, inbox, ...ofLedger }),
    ...createOperationLoaders(ofLedger),
    ...createEventLoaders({ inbox, ...ofLedger }),
    ownCancellations: createOwnCancellations(ofLedger),
    ...createPixLoaders({ delbank, caller, readShared, concurrency: config.DELBANK_CONCURRENCY, budget }),
  };
  /** Behind a mutation, what was read of its member or recurrence is old, whether or not its outcome is known. */
  const forget = ({ userId, recurrenceId }: { userId?: string; recurrenceId?: string }) => {
    dropReads({ subject: userId ?? null, target: recurrenceId ?? null });
    if (userId !== undefined)
      for (const loader of [loaders.benefitsOfUser, loaders.enrollmentOfUser]) loader.clear(userId);
    if (recurrenceId !== undefined)
      for (const loader of [loaders.pixAuthorization, loaders.ownCancellations]) loader.clear(recurrenceId);
    for (const loader of [loaders.operation, loaders.operationsOfUser, loaders.eventsOfUser]) loader.clearAll();
  };
  const budgetOfMutations = {
    beginMutation(kind: string) {
      const refusal = answer.wholeRefusal();
      if (refusal) throw refusal; // the request is refused: nothing more of it is executed
      answer.beginMutation(kind === "CREATE_PORTAL_LINK" ? NEW_PORTAL_LINK : undefined);
      for (const one of budgets) one.beginMutation();
    },
  };
  return {
    ...(caller && { caller }),
    requestId: request.id,
    /** Set when the operation is over one of its budgets and had no effect, or its answer is: it is refused as a whole. */
    wholeRefusal: () => [...budgets, answer].map((one) => one.wholeRefusal()).find((refusal) => refusal !== undefined),
    /** What each list, text and error is charged to before it is completed. */
    answer,
    rowBudget,
    ledger,
    inbox,
    loaders,
    /** What a subscription waits by. */
    listen: (topic: string, key: string) => createHints({ signals, topic, key, ended }),
    runOperation: createRunOperation({ runner, ledger, caller, deadline, budget: budgetOfMutations, forget }),
  };
}
