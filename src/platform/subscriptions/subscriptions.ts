import {
  createSourceEventStream,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from "graphql";
import { SubgraphError } from "../errors/subgraph-error";
import { type AnswerBudget } from "../limits/answer-budget";
import { type RequestCost, type RequestGuard } from "../limits/request-guard";
import { createRequestScope, requestScope } from "../telemetry/request-scope";
import { endedByReader, type InScope, type OpenSubscription, type SubscriptionResult } from "./open-subscription";
import { type HeldBytes } from "./held-bytes";
import { type Shares } from "./shares";
import { subscriptionDocument } from "./subscription-document";

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
  readonly answer: Pick<AnswerBudget, "checkSize">;
  readonly wholeRefusal: () => SubgraphError | undefined;
}

export interface SubscriptionsOptions<Context extends EventContext> {
  readonly schema: GraphQLSchema;
  readonly guard: RequestGuard;
  /** Made anew for each event: what one event has read is old for the next. Throws `UNAUTHENTICATED` for a bad token. */
  readonly createContext: (request: SubscriptionRequest, cost: RequestCost, ended: AbortSignal) => Promise<Context>;
  readonly formatError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
  readonly shares: Shares;
  /** What their documents, each object once, and variables may take in all. */
  readonly held: HeldBytes;
  /** How often an open subscription's token is looked at again, in ms: it may expire, its key may be withdrawn. */
  readonly checkMs: number;
}

const TOO_MANY = "There are too many subscriptions open, in all or of this caller.";
const TOO_LARGE = "The documents and variables of open subscriptions have reached the limit on their memory.";

const jsonBytes = (value: unknown) => (value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value)));
const textBytes = (text: string) => (Buffer.byteLength(text) === text.length ? 1 : 2) * text.length;
/** What one subscription holds by itself: its variables and, as long as its transport knows the request, the document's text. */
const ownBytes = ({ query, variables }: SubscriptionRequest) =>
  (typeof query === "string" ? textBytes(query) : 0) + jsonBytes(variables);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** What its resolver refused to open it with. */
class NotOpened extends Error {
  constructor(readonly errors: readonly GraphQLFormattedError[]) {
    super();
  }
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

/** Opens subscriptions for every transport: the same limits, tokens, contexts and errors, whatever carries them. */
export function createSubscriptions<Context extends EventContext>(options: SubscriptionsOptions<Context>) {
  const { schema, guard, createContext, formatError, shares, held, checkMs } = options;
  /** All that are open, each with a promise that is kept when its last result was read. */
  const open = new Map<AbortController, Promise<unknown>>();
  let isClosing = false;

  interface Started {
    readonly events: AsyncIterable<unknown>;
    readonly args: ExecutionArgs;
    readonly newContext: () => Promise<Context>;
  }

  /** What a client may read of anything thrown. */
  function errorOf(thrown: unknown): GraphQLFormattedError {
    const error = thrown instanceof GraphQLError ? thrown : new GraphQLError("", { originalError: thrown as Error });
    const { extensions, ...formatted } = error.toJSON();
    return formatError({ ...formatted, extensions: { code: "INTERNAL_SERVER_ERROR", ...extensions } }, error);
  }

  function resultOf({ data, errors }: ExecutionResult, { answer, wholeRefusal }: EventContext): SubscriptionResult {
    const refused = (refusal: SubgraphError | undefined) => refusal && { errors: [errorOf(refusal)] };
    const early = refused(wholeRefusal());
    if (early) return early;
    const result = { ...(data !== undefined && { data }), ...(errors && { errors: errors.map(errorOf) }) };
    answer.checkSize(JSON.stringify(result));
    return refused(wholeRefusal()) ?? result;
  }

  function watch(ended: AbortController, check: () => Promise<unknown>): void {
    const timer = setInterval(() => {
      check().catch((error: unknown) => {
        // A key server that cannot be asked is no fault of the token's.
        if (error instanceof SubgraphError && error.code === "UNAUTHENTICATED") ended.abort(error);
      });
    }, checkMs);
    ended.signal.addEventListener("abort", () => {
      clearInterval(timer);
    });
  }

  async function start(request: SubscriptionRequest, ended: AbortController): Promise<Started> {
    if (isClosing) throw new SubgraphError("UNAVAILABLE");
    const cost = guard(request);
    if (cost instanceof SubgraphError) throw cost;
    const newContext = () => createContext(request, cost, ended.signal);
    const contextValue = await newContext();
    if (!contextValue.caller) throw new SubgraphError("UNAUTHENTICATED");
    const keepUntilEnd = (leave: (() => void) | undefined, message: string) => {
      if (!leave) throw new SubgraphError("LIMIT_EXCEEDED", { message });
      ended.signal.addEventListener("abort", leave);
    };
    keepUntilEnd(shares.take(contextValue.caller.userId), TOO_MANY);
    keepUntilEnd(held.take(ownBytes(request), cost.document), TOO_LARGE);
    watch(ended, newContext);
    const { operationName: name } = request;
    const operationName = typeof name === "string" && name !== "" ? name : undefined;
    const args: ExecutionArgs = {
      schema,
      document: subscriptionDocument(schema, { query: request.query, operationName, known: cost.document }),
      operationName,
      variableValues: isRecord(request.variables) ? request.variables : undefined,
    };
    const events = await createSourceEventStream({ ...args, contextValue });
    if (!(Symbol.asyncIterator in events)) throw new NotOpened((events.errors ?? []).map(errorOf));
    return { events, args, newContext };
  }

  async function* resultsOf({ events, args, newContext }: Started, ended: AbortController): OpenSubscription {
    for await (const rootValue of events) {
      const contextValue = await newContext();
      const result = await execute({ ...args, rootValue, contextValue });
      yield resultOf(result, contextValue);
    }
    if (ended.signal.reason instanceof SubgraphError) throw ended.signal.reason;
  }

  return {
    /** Opens it, or says why not. */
    async open(request: SubscriptionRequest): Promise<OpenSubscription | { errors: readonly GraphQLFormattedError[] }> {
      const ended = new AbortController();
      const inScope: InScope = (work) => requestScope.run(createRequestScope(request.id), work);
      try {
        const started = await inScope(() => start(request, ended));
        if (isClosing) throw new SubgraphError("UNAVAILABLE"); // meanwhile: nobody would end it
        const { promise, resolve } = Promise.withResolvers<undefined>();
        open.set(ended, promise);
        return endedByReader(resultsOf(started, ended), inScope, () => {
          ended.abort();
          open.delete(ended);
          resolve(undefined);
        });
      } catch (error) {
        ended.abort();
        return { errors: error instanceof NotOpened ? error.errors : [inScope(() => errorOf(error))] };
      }
    },
    errorOf,
    /** How many are open. */
    count: () => open.size,
    /** Opens none any more and ends all, as if there were no more events; resolves when their readers have seen it. */
    async close(): Promise<void> {
      isClosing = true;
      const finished = [...open.values()];
      for (const ended of open.keys()) ended.abort();
      await Promise.all(finished);
    },
  };
}
