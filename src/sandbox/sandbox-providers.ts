/** What the subgraph uses as a provider, and the port on which the sandbox would simulate it. */
export interface ProviderAddress {
  readonly baseUrl: string;
  readonly sandboxPort: number;
}

export interface SandboxProvidersOptions {
  readonly avibra: ProviderAddress & { readonly webhookUsername: string; readonly webhookPasswords: readonly string[] };
  readonly delbank: ProviderAddress;
}

/** Only ends the wait for a sandbox that hangs: each of these requests takes milliseconds. */
const TIMEOUT_MS = 20_000;

export const getSandboxOrigin = ({ sandboxPort }: ProviderAddress) => `http://127.0.0.1:${sandboxPort}`;
export const usesSandbox = (provider: ProviderAddress) =>
  new URL(provider.baseUrl).origin === getSandboxOrigin(provider);

async function post(provider: ProviderAddress, name: string, body?: object): Promise<boolean> {
  const response = await fetch(`${getSandboxOrigin(provider)}/__sandbox/${name}`, {
    method: "POST",
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

/** What the subgraph tells the simulated providers. */
export function createSandboxProviders({ avibra, delbank }: SandboxProvidersOptions) {
  return {
    /** Whether both providers of the subgraph are simulated. */
    isComplete: [avibra, delbank].every(usesSandbox),

    /**
     * Registers the subgraph's webhook with the simulated Avibra, and receives the events that led to the seeds. The subgraph that
     * registered last receives the events. Resolves to whether they were received.
     */
    async connect(url: string): Promise<boolean> {
      if (!usesSandbox(avibra)) return true; // the events of another Avibra are its own
      const { webhookUsername: username, webhookPasswords } = avibra;
      const settings = { url: `${url}/webhooks/avibra`, username, password: webhookPasswords[0] };
      return (await post(avibra, "webhooks/settings", settings)) && (await post(avibra, "webhooks/seeds"));
    },

    /** Removes the faults of both providers and ends the calls that hang by one. Resolves to whether both have done so. */
    async abortFaults(): Promise<boolean> {
      const results = await Promise.all([post(avibra, "faults/abort"), post(delbank, "faults/abort")]);
      return results.every(Boolean);
    },

    /** Resets both providers: state, clock, faults and request log. Resolves to whether both have done so. */
    async reset(): Promise<boolean> {
      const results = await Promise.all([post(avibra, "reset"), post(delbank, "reset")]);
      return results.every(Boolean);
    },
  };
}
