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
import { type ResponseBudget } from "../limits/response-budget";
import { type RequestAnalysis, type RequestGuard } from "../limits/request-guard";
import { createRequestScope, requestScope } from "../request-scope";
import { withEndCallback, type RunInScope, type OpenSubscription, type SubscriptionResult } from "./open-subscription";
import { type MemoryBudget } from "./memory-budget";
import { type Quota } from "../../kernel/quota";
import { validateSubscriptionDocument } from "./subscription-document";

/** A subscription as it is asked for over any transport; nothing of it is checked yet. */
export interface SubscriptionRequest {
  readonly id: string;
  readonly authorization: string | undefined;
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

interface EventContext {
  readonly caller?: { readonly userId: string };
  readonly responseBudget: Pick<ResponseBudget, "checkSize">;
  readonly requestLevelError: () => SubgraphError | undefined;
}

export interface SubscriptionsOptions<Context extends EventContext> {
  readonly schema: GraphQLSchema;
  readonly guard: RequestGuard;
  /** Made anew for each event: what one event has read is old for the next. Throws `UNAUTHENTICATED` for a bad token. */
  readonly createContext: (
    request: SubscriptionRequest,
    analysis: RequestAnalysis,
    signal: AbortSignal,
  ) => Promise<Context>;
  readonly formatError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
  readonly quota: Quota;
  /** What their documents, each object once, and variables may take in all. */
  readonly memory: MemoryBudget;
  /** How often an open subscription's token is looked at again, in ms: it may expire, its key may be withdrawn. */
  readonly tokenCheckIntervalMs: number;
}

const TOO_MANY = "There are too many subscriptions open, in all or of this caller.";
const TOO_LARGE = "The documents and variables of open subscriptions have reached the limit on their memory.";

const countJsonBytes = (value: unknown) => (value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value)));
const estimateTextBytes = (text: string) => (Buffer.byteLength(text) === text.length ? 1 : 2) * text.length;
/** What one subscription holds by itself: its variables and, as long as its transport knows the request, the document's text. */
const estimateRequestBytes = ({ query, variables }: SubscriptionRequest) =>
  (typeof query === "string" ? estimateTextBytes(query) : 0) + countJsonBytes(variables);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** What its resolver refused to open it with. */
class SubscriptionNotOpened extends Error {
  constructor(readonly errors: readonly GraphQLFormattedError[]) {
    super();
  }
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

/** Opens subscriptions for every transport: the same limits, tokens, contexts and errors, whatever carries them. */
export function createSubscriptions<Context extends EventContext>(options: SubscriptionsOptions<Context>) {
  const { schema, guard, createContext, formatError, quota, memory, tokenCheckIntervalMs } = options;
  /** All that are open, each with a promise that is kept when its last result was read. */
  const openSubscriptions = new Map<AbortController, Promise<unknown>>();
  let isClosing = false;

  interface StartedSubscription {
    readonly events: AsyncIterable<unknown>;
    readonly args: ExecutionArgs;
    readonly createEventContext: () => Promise<Context>;
  }

  /** What a client may read of anything thrown. */
  function toFormattedError(thrown: unknown): GraphQLFormattedError {
    const error = thrown instanceof GraphQLError ? thrown : new GraphQLError("", { originalError: thrown as Error });
    const { extensions, ...formatted } = error.toJSON();
    return formatError({ ...formatted, extensions: { code: "INTERNAL_SERVER_ERROR", ...extensions } }, error);
  }

  function toSubscriptionResult(
    { data, errors }: ExecutionResult,
    { responseBudget, requestLevelError }: EventContext,
  ): SubscriptionResult {
    const toErrorResult = (refusal: SubgraphError | undefined) => refusal && { errors: [toFormattedError(refusal)] };
    const early = toErrorResult(requestLevelError());
    if (early) return early;
    const result = { ...(data !== undefined && { data }), ...(errors && { errors: errors.map(toFormattedError) }) };
    responseBudget.checkSize(JSON.stringify(result));
    return toErrorResult(requestLevelError()) ?? result;
  }

  function watchToken(controller: AbortController, check: () => Promise<unknown>): void {
    const timer = setInterval(() => {
      check().catch((error: unknown) => {
        // A key server that cannot be asked is no fault of the token's.
        if (error instanceof SubgraphError && error.code === "UNAUTHENTICATED") controller.abort(error);
      });
    }, tokenCheckIntervalMs);
    controller.signal.addEventListener("abort", () => {
      clearInterval(timer);
    });
  }

  async function start(request: SubscriptionRequest, controller: AbortController): Promise<StartedSubscription> {
    if (isClosing) throw new SubgraphError("UNAVAILABLE");
    const analysis = guard(request);
    if (analysis instanceof SubgraphError) throw analysis;
    const createEventContext = () => createContext(request, analysis, controller.signal);
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
    const args: ExecutionArgs = {
      schema,
      document: validateSubscriptionDocument(schema, {
        query: request.query,
        operationName,
        cached: analysis.document,
      }),
      operationName,
      variableValues: isRecord(request.variables) ? request.variables : undefined,
    };
    const events = await createSourceEventStream({ ...args, contextValue });
    if (!(Symbol.asyncIterator in events)) throw new SubscriptionNotOpened((events.errors ?? []).map(toFormattedError));
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
    /** Opens it, or says why not. */
    async open(request: SubscriptionRequest): Promise<OpenSubscription | { errors: readonly GraphQLFormattedError[] }> {
      const controller = new AbortController();
      const runInScope: RunInScope = (callback) => requestScope.run(createRequestScope(request.id), callback);
      try {
        const started = await runInScope(() => start(request, controller));
        if (isClosing) throw new SubgraphError("UNAVAILABLE"); // meanwhile: nobody would end it
        const { promise, resolve } = Promise.withResolvers<undefined>();
        openSubscriptions.set(controller, promise);
        return withEndCallback(executeEvents(started, controller), runInScope, () => {
          controller.abort();
          openSubscriptions.delete(controller);
          resolve(undefined);
        });
      } catch (error) {
        controller.abort();
        return {
          errors: error instanceof SubscriptionNotOpened ? error.errors : [runInScope(() => toFormattedError(error))],
        };
      }
    },
    toFormattedError,
    /** How many are open. */
    count: () => openSubscriptions.size,
    /** Opens none any more and ends all, as if there were no more events; resolves when their readers have seen it. */
    async close(): Promise<void> {
      isClosing = true;
      const finished = [...openSubscriptions.values()];
      for (const controller of openSubscriptions.keys()) controller.abort();
      await Promise.all(finished);
    },
  };
}
