import { createSandboxReset, type ResetOptions, type SandboxProviders } from "./reset-sandbox";
import { type OperationsConfig } from "../config/variables/operations";
import { systemClock } from "../platform/kernel/clock";

export interface SandboxConnectionOptions extends Pick<
  ResetOptions,
  "stores" | "webhooks" | "logger" | "requestTimeoutMs"
> {
  readonly isSandbox: boolean;
  readonly operations: Pick<OperationsConfig, "leaseMs">;
}

/** What the app does with simulated providers: receive the events of their seeds before the first request, and reset them. */
export function createSandboxConnection(
  sandboxProviders: SandboxProviders | undefined,
  { isSandbox, operations, ...options }: SandboxConnectionOptions,
) {
  if (!sandboxProviders || !isSandbox) {
    return {
      connect: () => Promise.resolve(),
      whenConnected: <Result>(run: () => Promise<Result>) => run(),
      reset: undefined,
    };
  }
  const { promise: connected, resolve: open } = Promise.withResolvers<undefined>();
  let isOpen = false;
  let eventsUrl = "";
  const resetSandbox = createSandboxReset({
    sandboxProviders,
    clock: systemClock,
    leaseMs: operations.leaseMs,
    ...options,
  });
  return {
    /** `url` is the subgraph's own, which receives the events. */
    async connect(url: string): Promise<void> {
      eventsUrl = url;
      if (!(await sandboxProviders.connect(url))) options.logger.warn("the sandbox could not send its first events");
      isOpen = true;
      open(undefined);
    },
    /** Requests wait for `connect`, so that the first one sees the events. */
    whenConnected: <Result>(run: () => Promise<Result>) => (isOpen ? run() : connected.then(run)),
    reset: () => resetSandbox(eventsUrl),
  };
}
