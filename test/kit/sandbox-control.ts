/** One request as a simulated provider received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** When its first byte arrived, ISO 8601. */
  readonly at: string;
  /** Whether the subgraph closed the connection before it had the whole response. */
  readonly isAborted: boolean;
}

/** One change that a simulated provider committed. */
export interface Commit {
  readonly operation: string;
  readonly subject: string;
  readonly idempotencyKey?: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What a simulated provider holds: Avibra `users` and `linkTokens`, Delbank `authorizations`. */
export interface ProviderState {
  readonly commits: readonly Commit[];
  readonly users?: readonly any[]; // eslint-disable-line @typescript-eslint/no-explicit-any -- looked into as JSON
  readonly linkTokens?: readonly { readonly userId: string; readonly token: string }[];
  readonly authorizations?: readonly any[]; // eslint-disable-line @typescript-eslint/no-explicit-any -- looked into as JSON
}

/** One event that simulated Avibra has sent or is sending. `status` is the last response's; null without one. */
export interface SentEvent {
  readonly eventname: string;
  readonly userid: string;
  readonly key: string;
  readonly attempts: number;
  readonly status: number | null;
}

/** The control endpoints of one simulated provider. */
export interface SandboxControl {
  /** Where the provider listens. */
  readonly url: string;
  /** Every request received since the start or the last `clearRequests`, in order; with a prefix only those paths. */
  requests(pathPrefix?: string): Promise<ReceivedRequest[]>;
  clearRequests(): Promise<void>;
  addFault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  clearFaults(): Promise<void>;
  state(): Promise<ProviderState>;
  advanceClock(byMs: number): Promise<void>;
  reset(): Promise<void>;
  /** Avibra: where events are sent, and how; see docs/contributing/sandbox.md. */
  configureWebhooks(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Avibra: sends one event. */
  sendEvent(event: Readonly<Record<string, unknown>>): Promise<void>;
  /** Avibra: every event with its delivery. */
  sentEvents(): Promise<SentEvent[]>;
}

export function createSandboxControl(url: string): SandboxControl {
  async function send(method: string, name: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${url}/__sandbox/${name}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok) throw new Error(`sandbox answered ${response.status}: ${await response.text()}`);
    return response;
  }
  return {
    url,
    async requests(pathPrefix = "/") {
      const all = (await (await send("GET", "requests")).json()) as ReceivedRequest[];
      return all.filter(({ path }) => path.startsWith(pathPrefix));
    },
    async clearRequests() {
      await send("DELETE", "requests");
    },
    async addFault(fault) {
      await send("POST", "faults", fault);
    },
    async clearFaults() {
      await send("DELETE", "faults");
    },
    async state() {
      return (await (await send("GET", "state")).json()) as ProviderState;
    },
    async advanceClock(byMs) {
      await send("POST", "clock", { advanceMs: byMs });
    },
    async reset() {
      await send("POST", "reset");
    },
    async configureWebhooks(settings) {
      await send("POST", "webhooks/settings", settings);
    },
    async sendEvent(event) {
      await send("POST", "webhooks", event);
    },
    async sentEvents() {
      return (await (await send("GET", "webhooks")).json()) as SentEvent[];
    },
  };
}
