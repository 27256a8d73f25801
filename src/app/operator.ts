import { createOperationHandlers } from "./operation-handlers";
import { createProviders } from "./providers";
import { settlementMessages } from "./reactions";
import { openStores } from "./stores";
import { type Config } from "../config/index";
import { createEventProcessor } from "../features/event";
import { isMarkedAsLive } from "../platform/database/live-marker";
import { type Logger } from "../platform/observability/logger";
import { type OperationHandlers } from "../platform/operations/operation-handler";
import { createOperatorStore } from "../platform/operations/operator-store";

export type Operator = Awaited<ReturnType<typeof openOperator>>;

/** Whether every provider is the sandbox that `npm start` starts. */
function usesSandboxes({ isSandbox, avibra, delbank }: Config): boolean {
  const isSandboxOf = ({ baseUrl, sandboxPort }: { readonly baseUrl: string; readonly sandboxPort: number }) =>
    new URL(baseUrl).origin === `http://127.0.0.1:${sandboxPort}`;
  return isSandbox && [avibra, delbank].every(isSandboxOf);
}

/** What a command for operators uses, beside running replicas. Starts no sandbox, and sends nothing that changes a provider. */
export async function openOperator(config: Config, { logger }: { readonly logger: Logger }) {
  const { isSandbox, mayCallRealProviders } = config;
  const stores = await openStores(config.database, { isSandbox, mayCallRealProviders, logger, isExisting: true });
  const { database, operationStore, inbox } = stores;
  const isLive = await isMarkedAsLive(database.kysely).catch(async (error: unknown) => {
    await stores.close();
    throw error;
  });
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
  const operations = createOperatorStore({ database, messagesOf: settlementMessages });
  const { matchStoredEvents } = createEventProcessor({
    inbox,
    operationStore,
    settleProven: (id) => operations.settleProven(id),
  });

  /** What the sandbox shows says nothing about an operation at a real provider, and the other way round. */
  function findModeMismatch(): string | undefined {
    if (isLive === !usesSandboxes(config)) return undefined;
    return isLive
      ? "the database is that of real providers, and this command uses the sandboxes: set the variables of the program"
      : "the database is that of the sandboxes, and this command uses other providers: set the variables of the program";
  }

  return {
    operations,
    operationStore,
    inbox,
    handlers,
    matchStoredEvents,
    findModeMismatch,
    isSandbox,
    /** Maximum duration of one read of a provider, in ms. */
    readTimeoutMs: config.server.requestTimeoutMs,

    async close(): Promise<void> {
      await providers.close();
      await stores.close();
    },
  };
}
