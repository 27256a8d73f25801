export interface GatewayOptions {
  /** The URL of each subgraph, by its name in the supergraph. */
  readonly urls: Readonly<Record<string, string>>;
  /** Sent to our subgraph, which rejects requests without it. */
  readonly routerSecret?: string;
  /** The key set of callers' tokens. With it, a gateway that can verifies tokens and enforces the directives. */
  readonly keysUrl?: string;
}

/** A gateway over our subgraph and the fixtures, on a free port. */
export interface Gateway {
  readonly url: string;
  /** Rejects if it ends by itself, with what it has written. A gateway in this process has none. */
  readonly failure?: Promise<never>;
  readonly stop: () => Promise<void>;
}

export type StartGateway = (options: GatewayOptions) => Promise<Gateway>;
