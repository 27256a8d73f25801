import {
  createSourceEventStream,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from "graphql";
import { SubgraphError } from "../../errors/subgraph-error";
import { isRecord } from "../limits/is-record";
import { type LimitedContext } from "../limits/limited-context";
import { type RequestAnalysis, type RequestGuard } from "../limits/request-guard";
import { estimateTextBytes } from "../limits/text-bytes";
import { createRequestScope, requestScope } from "../request-scope";
import { withEndCallback, type RunInScope, type OpenSubscription, type SubscriptionResult } from "./open-subscription";
import { type MemoryBudget } from "./memory-budget";
import { type Quota } from "../../kernel/quota";
import { type RequestErrorDescriber } from "../request-errors/request-error-describer";
import { SubscriptionNotOpened, validateSubscriptionDocument } from "./subscription-document";

/** A request for a subscription over any transport, before any check. */
export interface SubscriptionRequest {
  readonly id: string;
  readonly authorization: string | undefined;
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

interface SubscriptionLifetime {
  /** Aborted when the subscription ends: no more events. */
  readonly ended: AbortSignal;
  /** Aborted when nobody reads its results any more. */
  readonly disconnected: AbortSignal;
}

interface EventContext extends LimitedContext {
  readonly caller?: { readonly userId: string };
}

export interface SubscriptionsOptions<Context extends EventContext> {
  readonly schema: GraphQLSchema;
  readonly guard: RequestGuard;
  readonly errorDescriber: RequestErrorDescriber;
  /** Called for each event, because data that one event read is stale for the next. Throws `UNAUTHENTICATED` for an invalid token. */
  readonly createContext: (
    request: SubscriptionRequest,
    analysis: RequestAnalysis,
    lifetime: SubscriptionLifetime,
  ) => Promise<Context>;
  readonly formatError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
  readonly quota: Quota;
  /** Limits the documents (a shared document counts once) and variables of all open subscriptions. */
  readonly memory: MemoryBudget;
  /** Interval in ms at which an open subscription's token is verified again: it can expire, and its key can be revoked. */
  readonly tokenCheckIntervalMs: number;
}

const TOO_MANY = "Too many subscriptions are open, in total or for this caller.";
const TOO_LARGE = "The documents and variables of open subscriptions have reached their memory limit.";

const countJsonBytes = (value: unknown) => (value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value)));
/** Memory of one subscription that is not shared: its variables, and the document's text, which its transport references. */
const estimateRequestBytes = ({ query, variables }: SubscriptionRequest) =>
  (typeof query === "string" ? estimateTextBytes(query) : 0) + countJsonBytes(variables);

export type Subscriptions = ReturnType<typeof createSubscriptions>;

/** Opens subscriptions for every transport, with the same limits, authentication, contexts and errors. */
export function createSubscriptions<Context extends EventContext>(options: SubscriptionsOptions<Context>) {
  const { schema, guard, errorDescriber, createContext, formatError, quota, memory, tokenCheckIntervalMs } = options;
  /** Open subscriptions, each with a promise that resolves after its last result was read. */
  const openSubscriptions = new Map<AbortController, Promise<unknown>>();
  let isClosing = false;

  interface StartedSubscription {
    readonly events: AsyncIterable<unknown>;
    readonly args: ExecutionArgs;
    readonly createEventContext: () => Promise<Context>;
  }

  /** Converts any thrown value to the error that a client receives. */
  function toFormattedError(thrown: unknown): GraphQLFormattedError {
    const error = thrown instanceof GraphQLError ? thrown : new GraphQLError("", { originalError: thrown as Error });
    const { extensions, ...formatted } = error.toJSON();
    return formatError({ ...formatted, extensions: { code: "INTERNAL_SERVER_ERROR", ...extensions } }, error);
  }

  function toSubscriptionResult(
    { data, errors }: ExecutionResult,
    { responseBudget, requestLevelError }: EventContext,
  ): SubscriptionResult {
    const toErrorResult = (error: SubgraphError | undefined) => error && { errors: [toFormattedError(error)] };
    const early = toErrorResult(requestLevelError());
    if (early) return early;
    const result: SubscriptionResult = {
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map(toFormattedError) }),
    };
    responseBudget.checkSize(JSON.stringify(result));
    return toErrorResult(requestLevelError()) ?? result;
  }

  function watchToken(controller: AbortController, check: () => Promise<unknown>): void {
    const timer = setInterval(() => {
      check().catch((error: unknown) => {
        // An unavailable key server does not make the token invalid.
        if (error instanceof SubgraphError && error.code === "UNAUTHENTICATED") controller.abort(error);
      });
    }, tokenCheckIntervalMs);
    controller.signal.addEventListener("abort", () => {
      clearInterval(timer);
    });
  }

  async function start(
    request: SubscriptionRequest,
    controller: AbortController,
    disconnected: AbortSignal,
  ): Promise<StartedSubscription> {
    if (isClosing) throw new SubgraphError("UNAVAILABLE");
    const analysis = guard(request);
    if (analysis instanceof SubgraphError) throw analysis;
    const createEventContext = () => createContext(request, analysis, { ended: controller.signal, disconnected });
    const contextValue = await createEventContext();
    if (!contextValue.caller) throw new SubgraphError("UNAUTHENTICATED");
    const releaseOnEnd = (release: (() => void) | undefined, message: string) => {
      if (!release) throw new SubgraphError("LIMIT_EXCEEDED", { message });
      controller.signal.addEventListener("abort", release);
    };
    releaseOnEnd(quota.acquire(contextValue.caller.userId), TOO_MANY);
    releaseOnEnd(memory.acquire(estimateRequestBytes(request), analysis.document), TOO_LARGE);
    watchToken(controller, createEventContext);
    const { operationName: name } = request;
    const operationName = typeof name === "string" && name !== "" ? name : undefined;
    const { query } = request;
    const subscription = { query, operationName, guarded: analysis.document };
    const { document, operation } = validateSubscriptionDocument(schema, errorDescriber, subscription);
    const args: ExecutionArgs = {
      schema,
      document,
      operationName,
      variableValues: isRecord(request.variables) ? request.variables : undefined,
    };
    const events = await createSourceEventStream({ ...args, contextValue });
    if (!(Symbol.asyncIterator in events)) {
      const { errors = [] } = events;
      throw new SubscriptionNotOpened(
        errorDescriber.describeVariableErrors(errors, operation, request.variables) ?? errors,
      );
    }
    return { events, args, createEventContext };
  }

  async function* executeEvents(
    { events, args, createEventContext }: StartedSubscription,
    controller: AbortController,
  ): OpenSubscription {
    for await (const rootValue of events) {
      const contextValue = await createEventContext();
      const result = await execute({ ...args, rootValue, contextValue });
      yield toSubscriptionResult(result, contextValue);
    }
    if (controller.signal.reason instanceof SubgraphError) throw controller.signal.reason;
  }

  return {
    /** Opens a subscription. Returns the errors if that fails. */
    async open(request: SubscriptionRequest): Promise<OpenSubscription | { errors: readonly GraphQLFormattedError[] }> {
      const controller = new AbortController();
      const reader = new AbortController();
      const runInScope: RunInScope = (callback) => requestScope.run(createRequestScope(request.id), callback);
      try {
        const started = await runInScope(() => start(request, controller, reader.signal));
        if (isClosing) throw new SubgraphError("UNAVAILABLE"); // `close` was called meanwhile and would not end it
        const { promise, resolve } = Promise.withResolvers<undefined>();
        openSubscriptions.set(controller, promise);
        return withEndCallback(executeEvents(started, controller), runInScope, () => {
          controller.abort();
          reader.abort();
          openSubscriptions.delete(controller);
          resolve(undefined);
        });
      } catch (error) {
        controller.abort();
        const errors: readonly unknown[] = error instanceof SubscriptionNotOpened ? error.errors : [error];
        return { errors: runInScope(() => errors.map(toFormattedError)) };
      }
    },
    toFormattedError,
    /** Number of open subscriptions. */
    count: () => openSubscriptions.size,
    /** Rejects new subscriptions and ends all open ones. Resolves when their readers have received the end. */
    async close(): Promise<void> {
      isClosing = true;
      const finished = [...openSubscriptions.values()];
      for (const controller of openSubscriptions.keys()) controller.abort();
      await Promise.all(finished);
    },
  };
}
