import { type Config } from "../config/index";
import { benefitsOfUser } from "../features/benefit";
import { createEventLoaders } from "../features/event";
import { createOperationLoaders, createRunOperation } from "../features/operation";
import { createOwnCancellations, createPixLoaders } from "../features/pix-authorization";
import { createEnrollmentOfUser, NEW_PORTAL_LINK } from "../features/user";
import { type Caller } from "../platform/auth/caller";
import { type TokenVerifier } from "../platform/auth/token-verifier";
import { SubgraphError } from "../platform/errors/subgraph-error";
import { type Inbox } from "../platform/inbox/inbox";
import { type OperationStore } from "../platform/operations/operation.store";
import { type OperationRunner } from "../platform/operations/operation-runner";
import { createResponseBudget } from "../platform/graphql/limits/response-budget";
import { type RequestAnalysis } from "../platform/graphql/limits/request-guard";
import { createCallBudget } from "../platform/reads/call-budget";
import { createCachedReader } from "../platform/reads/cached-reader";
import { type ReadSource, type ReadCache } from "../platform/reads/read-cache";
import { type PubSub } from "../platform/pubsub/pub-sub";
import { createChangeNotifier } from "../platform/pubsub/change-notifier";
import { createDeadline, withDeadline } from "../platform/kernel/deadline";
import { type MonotonicClock } from "../platform/kernel/monotonic-clock";
import { type AvibraClient } from "../providers/avibra/avibra.client";
import { type DelbankClient } from "../providers/delbank/delbank.client";

/** Look-ups of one kind that one request has under way at once in the ledger: fewer than its pool has connections. */
const OPERATION_STORE_CONCURRENCY = 5;

/** What lives as long as the program and is needed by every request. */
export interface AppServices {
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  readonly operationStore: OperationStore;
  readonly pubSub: PubSub;
  readonly inbox: Inbox;
  readonly runner: OperationRunner;
  readonly readCache: ReadCache;
  /** Forgets what was read of an operation's member and recurrence, in every request. */
  readonly invalidateReads: (operation: {
    readonly userId: string | null;
    readonly recurrenceId: string | null;
  }) => void;
  readonly onRead: (source: ReadSource) => void;
  readonly verifyToken: TokenVerifier;
  readonly clock: MonotonicClock;
  readonly config: Config;
}

/** What a context is made for: a request, or one event of a subscription. */
export interface RequestInfo {
  readonly id: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** Fires when the subscription ends that it belongs to. */
  readonly signal?: AbortSignal;
}

/** Of a request that is no subscription: nothing listens. */
const ABORTED = AbortSignal.abort();

/** What lives for one request. The only list of loaders. */
export type Context = Awaited<ReturnType<typeof createContext>>;

/** Everything one request may use: who asks, by when, and the loaders. Throws `UNAUTHENTICATED` for a bad token. */
export async function createContext(request: RequestInfo, { mutations }: RequestAnalysis, services: AppServices) {
  const { signal = ABORTED } = request;
  const {
    avibra,
    delbank,
    operationStore,
    inbox,
    pubSub,
    runner,
    readCache,
    invalidateReads,
    onRead,
    verifyToken,
    clock,
    config,
  } = services;
  const deadline = createDeadline(clock, config.OPERATION_TIMEOUT_MS);
  const verification = verifyToken(request.headers.authorization);
  const caller: Caller | undefined = await withDeadline(deadline, verification, () => new SubgraphError("UNAVAILABLE"));
  const budget = createCallBudget({ limit: config.LIMIT_PROVIDER_CALLS, unit: "provider calls", mutations });
  const lookupBudget = createCallBudget({
    limit: config.LIMIT_LEDGER_READS,
    unit: "look-ups of operations and events",
  });
  const rowBudget = createCallBudget({
    limit: config.LIMIT_LEDGER_ROWS,
    unit: "places in lists of operations and events",
  });
  const budgets = [budget, lookupBudget, rowBudget];
  const responseBudget = createResponseBudget({ nodes: config.LIMIT_NODES, bytes: config.LIMIT_RESPONSE_BYTES });
  const timeoutMs = config.OPERATION_TIMEOUT_MS;
  const readCached = createCachedReader({ readCache, caller, deadline, timeoutMs, onResult: onRead, responseBudget });
  const storeLoaderOptions = {
    operationStore,
    concurrency: OPERATION_STORE_CONCURRENCY,
    budget: lookupBudget,
    responseBudget,
  };
  const loaders = {
    benefitsOfUser: benefitsOfUser.createLoader({
      ...{ client: avibra, caller, readCached, budget },
      concurrency: config.AVIBRA_CONCURRENCY,
    }),
    enrollmentOfUser: createEnrollmentOfUser({ caller, inbox, ...storeLoaderOptions }),
    ...createOperationLoaders(storeLoaderOptions),
    ...createEventLoaders({ inbox, ...storeLoaderOptions }),
    ownCancellations: createOwnCancellations(storeLoaderOptions),
    ...createPixLoaders({ client: delbank, caller, readCached, concurrency: config.DELBANK_CONCURRENCY, budget }),
  };
  /** Behind a mutation, what was read of its member or recurrence is old, whether or not its outcome is known. */
  const invalidate = ({ userId, recurrenceId }: { userId?: string; recurrenceId?: string }) => {
    invalidateReads({ userId: userId ?? null, recurrenceId: recurrenceId ?? null });
    if (userId !== undefined)
      for (const loader of [loaders.benefitsOfUser, loaders.enrollmentOfUser]) loader.clear(userId);
    if (recurrenceId !== undefined)
      for (const loader of [loaders.pixAuthorization, loaders.ownCancellations]) loader.clear(recurrenceId);
    for (const loader of [loaders.operation, loaders.operationsOfUser, loaders.eventsOfUser]) loader.clearAll();
  };
  const mutationBudget = {
    beginMutation(kind: string) {
      const requestError = responseBudget.requestLevelError();
      if (requestError) throw requestError; // the request is refused: nothing more of it is executed
      responseBudget.beginMutation(kind === "CREATE_PORTAL_LINK" ? NEW_PORTAL_LINK : undefined);
      for (const one of budgets) one.beginMutation();
    },
  };
  return {
    ...(caller && { caller }),
    requestId: request.id,
    /** Set when the operation is over one of its budgets and had no effect, or its answer is: it is refused as a whole. */
    requestLevelError: () =>
      [...budgets, responseBudget].map((one) => one.requestLevelError()).find((error) => error !== undefined),
    /** What each list, text and error is charged to before it is completed. */
    responseBudget,
    rowBudget,
    operationStore,
    inbox,
    loaders,
    /** What a subscription waits by. */
    watchChanges: (topic: string, key: string) => createChangeNotifier({ pubSub, topic, key, signal }),
    runOperation: createRunOperation({ runner, operationStore, caller, deadline, budget: mutationBudget, invalidate }),
  };
}
