import { createOperationHandlers } from "./operation-handlers";
import { createProviders } from "./providers";
import { settlementMessages } from "./reactions";
import { openStores } from "./stores";
import { type Config } from "../config/index";
import { createEventProcessor } from "../features/event";
import { isMarkedAsLive } from "../platform/database/live-marker";
import { ProviderFailure } from "../platform/http/client/provider-failure";
import { type Clock } from "../platform/kernel/clock";
import { createDeadline } from "../platform/kernel/deadline";
import { DecryptionFailed } from "../platform/kernel/encryption.errors";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { type Logger } from "../platform/observability/logger";
import { type Operation } from "../platform/operations/operation";
import { type OperationHandlers, type ProviderView } from "../platform/operations/operation-handler";
import { createOperatorStore } from "../platform/operations/operator-store";

/** What the provider shows, or why it could not be read; a failed call is the provider's. */
export type ProviderReading =
  | { readonly isRead: true; readonly view: ProviderView }
  | { readonly isRead: false; readonly reason: string; readonly failure?: ProviderFailure };

export type Operator = Awaited<ReturnType<typeof openOperator>>;

/** Whether every provider is the sandbox that `npm start` starts. */
function usesSandboxes({ isSandbox, avibra, delbank }: Config): boolean {
  const isSandboxOf = ({ baseUrl, sandboxPort }: { readonly baseUrl: string; readonly sandboxPort: number }) =>
    new URL(baseUrl).origin === `http://127.0.0.1:${sandboxPort}`;
  return isSandbox && [avibra, delbank].every(isSandboxOf);
}

/** What a command for operators uses, beside running replicas. Starts no sandbox, and sends nothing that changes a provider. */
export async function openOperator(
  config: Config,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
) {
  const { isSandbox, mayCallRealProviders } = config;
  const stores = await openStores(config.database, { isSandbox, mayCallRealProviders, logger, isExisting: true });
  const { database, operationStore, inbox } = stores;
  const isLive = await isMarkedAsLive(database.kysely);
  const ignore = () => undefined;
  const { avibra, delbank, ...providers } = createProviders(
    {
      avibra: config.avibra,
      delbank: config.delbank,
      calls: config.providerCalls,
      maxBodyBytes: config.limits.execution.providerBodyBytes,
    },
    { observer: { onAttemptSend: ignore, onAttemptEnd: ignore } },
  );
  const handlers: OperationHandlers = createOperationHandlers({ avibra, delbank, portalUrl: config.avibra.portalUrl });
  const { matchStoredEvents } = createEventProcessor({ inbox, operationStore, clock });

  function decryptInput(operation: Operation): unknown {
    try {
      return operationStore.decryptInput(operation);
    } catch (error) {
      if (error instanceof DecryptionFailed) return undefined;
      throw error;
    }
  }

  /** What the sandbox shows says nothing about an operation at a real provider, and the other way round. */
  function findModeMismatch(): string | undefined {
    if (isLive === !usesSandboxes(config)) return undefined;
    return isLive
      ? "the database is that of real providers, and this command uses the sandboxes: set the variables of the program"
      : "the database is that of the sandboxes, and this command uses other providers: set the variables of the program";
  }

  return {
    operations: createOperatorStore({ database, messagesOf: settlementMessages }),
    operationStore,
    inbox,
    handlers,
    matchStoredEvents,

    /** Reads what the provider shows about the operation now. */
    async readProvider(operation: Operation): Promise<ProviderReading> {
      const handler = handlers[operation.kind];
      if (!handler) return { isRead: false, reason: "this release does not know the kind of the operation" };
      if (!handler.view) return { isRead: false, reason: "the provider shows nothing about operations of this kind" };
      const mismatch = findModeMismatch();
      if (mismatch !== undefined) return { isRead: false, reason: mismatch };
      const deadline = createDeadline(monotonicClock, config.server.requestTimeoutMs);
      try {
        return { isRead: true, view: await handler.view(operation, { deadline, input: decryptInput(operation) }) };
      } catch (failure) {
        if (!(failure instanceof ProviderFailure)) throw failure;
        const { status } = failure;
        const kind = status === undefined ? failure.kind : `${failure.kind}, HTTP ${status}`;
        const hint =
          failure.kind === "unreachable" && isSandbox ? "; is `npm start` or `npm run sandbox` running?" : "";
        return { isRead: false, reason: `${handler.provider} could not be read (${kind})${hint}`, failure };
      }
    },

    async close(): Promise<void> {
      await providers.close();
      await stores.close();
    },
  };
}
