/** The valid credentials that a connection has carried: none, those of a webhook sender, or those of the router. */
export type Trust = "none" | "webhook" | "router";

interface Evictable {
  readonly network: string;
  trust: Trust;
}

/** The order in which connections are evicted. The trust of a connection never decreases. */
export function createEvictionOrder<Connection extends Evictable>() {
  const byTrust: Readonly<Record<Trust, Set<Connection>>> = { none: new Set(), webhook: new Set(), router: new Set() };
  /** Untrusted connections of each network, oldest first. */
  const byNetwork = new Map<string, Set<Connection>>();

  function remove(connection: Connection): void {
    byTrust[connection.trust].delete(connection);
    const inNetwork = byNetwork.get(connection.network);
    inNetwork?.delete(connection);
    if (inNetwork?.size === 0) byNetwork.delete(connection.network);
  }

  return {
    add(connection: Connection): void {
      const { network } = connection;
      byTrust.none.add(connection);
      byNetwork.set(network, (byNetwork.get(network) ?? new Set()).add(connection));
    },
    remove,
    promote(connection: Connection, trust: Exclude<Trust, "none">): void {
      if (connection.trust === "router" || connection.trust === trust) return;
      remove(connection);
      connection.trust = trust;
      byTrust[trust].add(connection);
    },
    /** Among trusted connections, the least recently used one is evicted first. */
    markIdle(connection: Connection): void {
      const { trust } = connection;
      if (trust !== "none" && byTrust[trust].delete(connection)) byTrust[trust].add(connection);
    },
    /** Untrusted connections, oldest first, then those of webhook senders, then those of the router. */
    *all(): Iterable<Connection> {
      yield* byTrust.none;
      yield* byTrust.webhook;
      yield* byTrust.router;
    },
    untrusted: (network: string): Iterable<Connection> => byNetwork.get(network) ?? [],
    countUntrusted: (network: string) => byNetwork.get(network)?.size ?? 0,
  };
}
