export interface GatewayOptions {
  /** Where each subgraph listens, by its name in the supergraph. */
  readonly urls: Readonly<Record<string, string>>;
  /** What the gateway authenticates with to our subgraph, which rejects requests without it. */
  readonly routerSecret?: string;
  /** The keys of callers' tokens. A gateway that can, verifies tokens and enforces the directives with it; without it, it does neither. */
  readonly keysUrl?: string;
}

/** A gateway over our subgraph and the fixtures, on a free port. */
export interface Gateway {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export type StartGateway = (options: GatewayOptions) => Promise<Gateway>;
