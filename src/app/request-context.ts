import { createRequestBudgets, type BudgetLimits } from "./request-budgets";
import { type Context } from "../features/context";
import { benefitsOfUser } from "../features/benefit";
import { createEventLoaders } from "../features/event";
import { createOperationLoaders, createRunOperation } from "../features/operation";
import { createOwnCancellationsLoader, createPixLoaders } from "../features/pix-authorization";
import { createEnrollmentOfUserLoader } from "../features/user";
import { type Caller } from "../platform/auth/caller";
import { type TokenVerifier } from "../platform/auth/token-verifier";
import { SubgraphError } from "../platform/errors/subgraph-error";
import { type Inbox } from "../platform/inbox/inbox";
import { type OperationStore } from "../platform/operations/operation.store";
import { type OperationRunner } from "../platform/operations/operation-runner";
import { type RequestAnalysis } from "../platform/graphql/limits/request-guard";
import { createCachedReader } from "../platform/reads/cached-reader";
import { type ReadSource, type ReadCache } from "../platform/reads/read-cache";
import { operationTags } from "../platform/reads/read-tags";
import { type PubSub } from "../platform/pubsub/pub-sub";
import { createChangeNotifier } from "../platform/pubsub/change-notifier";
import { createDeadline, withDeadline } from "../platform/kernel/deadline";
import { type MonotonicClock } from "../platform/kernel/monotonic-clock";
import { type AvibraClient } from "../providers/avibra/avibra.client";
import { type DelbankClient } from "../providers/delbank/delbank.client";

/** Reads of one kind that one request has in flight in the operation store: fewer than its pool has connections. */
const OPERATION_STORE_CONCURRENCY = 5;

/** What lives as long as the process and is used by every request. */
export interface AppServices {
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  readonly operationStore: OperationStore;
  readonly inbox: Inbox;
  readonly pubSub: PubSub;
  readonly runner: OperationRunner;
  readonly readCache: ReadCache;
  /** Called with the source of each read. */
  readonly onRead: (source: ReadSource) => void;
  readonly verifyToken: TokenVerifier;
  readonly monotonic: MonotonicClock;
  readonly requestTimeoutMs: number;
  readonly requestLimits: BudgetLimits;
  /** Maximum number of calls of one request in flight, by provider. */
  readonly concurrency: { readonly avibra: number; readonly delbank: number };
}

/** A request, or one event of a subscription. */
export interface RequestInfo {
  readonly id: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** Aborted when the subscription of the event ends. */
  readonly ended?: AbortSignal;
  /** Aborted when the client disconnects before it has the response: reads that only it waits for are cancelled. */
  readonly disconnected?: AbortSignal;
}

/** For a request that is not a subscription: nothing waits for changes. */
const ABORTED = AbortSignal.abort();

/** What one request can use. features/context.ts declares the part that resolvers see; a new loader is added to both. */
export type RequestContext = Awaited<ReturnType<typeof createContext>>;

/** Creates what one request may use. Throws `UNAUTHENTICATED` for an invalid token. */
export async function createContext(request: RequestInfo, analysis: RequestAnalysis, services: AppServices) {
  const { avibra, delbank, operationStore, inbox, pubSub, runner, readCache, concurrency } = services;

  // The clock starts before the token is verified.
  const deadline = createDeadline(services.monotonic, services.requestTimeoutMs);
  const verification = services.verifyToken(request.headers.authorization);
  const caller: Caller | undefined = await withDeadline(deadline, verification, () => new SubgraphError("UNAVAILABLE"));

  const budgets = createRequestBudgets(services.requestLimits, analysis);

  const readCached = createCachedReader({
    readCache,
    caller,
    deadline: request.disconnected ? { ...deadline, signal: request.disconnected } : deadline, // mutations are completed
    timeoutMs: services.requestTimeoutMs,
    onResult: services.onRead,
    responseBudget: budgets.response,
  });
  const providerReads = { caller, readCached, budget: budgets.providerCalls };
  const storeReads = {
    operationStore,
    concurrency: OPERATION_STORE_CONCURRENCY,
    budget: budgets.storeReads,
    responseBudget: budgets.response,
  };
  const loaders = {
    benefitsOfUser: benefitsOfUser.createLoader({ client: avibra, concurrency: concurrency.avibra, ...providerReads }),
    enrollmentOfUser: createEnrollmentOfUserLoader({ caller, inbox, ...storeReads }),
    ...createOperationLoaders(storeReads),
    ...createEventLoaders({ inbox, ...storeReads }),
    ownCancellations: createOwnCancellationsLoader(storeReads),
    ...createPixLoaders({ client: delbank, concurrency: concurrency.delbank, ...providerReads }),
  };

  /** After a mutation, whatever its outcome, earlier reads of its member or recurrence are out of date. */
  function invalidate({ userId, recurrenceId }: { userId?: string; recurrenceId?: string }): void {
    for (const tag of operationTags({ userId: userId ?? null, recurrenceId: recurrenceId ?? null })) {
      readCache.invalidate(tag);
    }
    if (userId !== undefined) {
      for (const loader of [loaders.benefitsOfUser, loaders.enrollmentOfUser]) loader.clear(userId);
    }
    if (recurrenceId !== undefined) {
      for (const loader of [loaders.pixAuthorization, loaders.ownCancellations]) loader.clear(recurrenceId);
    }
    for (const loader of [loaders.operation, loaders.operationsOfUser, loaders.operations, loaders.eventsOfUser])
      loader.clearAll();
  }

  const context = {
    ...(caller && { caller }),
    requestId: request.id,
    requestLevelError: budgets.requestLevelError,
    /** Lists, texts and errors are charged to it before they are completed. */
    responseBudget: budgets.response,
    rowBudget: budgets.storeRows,
    operationStore,
    inbox,
    loaders,
    /** Waits for changes, until the subscription ends. */
    watchChanges: (topic: string, key: string) =>
      createChangeNotifier({ pubSub, topic, key, signal: request.ended ?? ABORTED }),
    runOperation: createRunOperation({
      runner,
      operationStore,
      caller,
      requestId: request.id,
      deadline,
      budget: budgets,
      invalidate,
    }),
  };
  return context satisfies Context;
}
