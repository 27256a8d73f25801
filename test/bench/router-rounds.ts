import { type Claims } from "../kit/tokens/claims";
import { type Round, runRound, type Way } from "./router-load";
import { CONNECTIONS, createRouterOperations, PLAIN_READ, type RouterOperation } from "./router-operations";
import { type RouterWays, type WaysToSubgraph } from "./router-ways";

export interface RoundSize {
  readonly rounds: number;
  readonly hasWarmUp: boolean;
  /** Of a round: it ends with its time or its requests. */
  readonly seconds: number;
  readonly maxRequests: number;
}

/** What was measured of an operation on one way. */
export interface Measured {
  readonly operation: RouterOperation;
  readonly way: Way;
  /** The subgraph that the way leads to; the peer has none. */
  readonly subgraph?: WaysToSubgraph;
  readonly rounds: Round[];
}

interface Prepared extends Measured {
  readonly headers: readonly Readonly<Record<string, string>>[];
  readonly reference: unknown;
  readonly maxRequests: number;
}

/** A connection's own token, so that no read of the subgraph is shared with another connection's. */
function toOwnClaims(operation: RouterOperation, connection: number): Claims {
  const claims = operation.claims(connection);
  return { ...claims, scope: `${claims["scope"] ?? ""} connection:${connection}`.trim() };
}

async function prepareOperation(ways: RouterWays, operation: RouterOperation, size: RoundSize): Promise<Prepared[]> {
  const connections = Array.from({ length: CONNECTIONS }, (_, connection) => connection);
  const tokens = await Promise.all(connections.map((connection) => ways.sign(toOwnClaims(operation, connection))));
  const headers = tokens.map((token) => ({ authorization: `Bearer ${token}` }));
  const { toComparable = (data: unknown) => data } = operation;
  const readReference = async (subgraph: WaysToSubgraph) => {
    const { query, variables } = operation.createRequest(0, "subgraph");
    return toComparable(await ways.sendDirectly(subgraph, query, variables, toOwnClaims(operation, 0)));
  };
  const prepared: Omit<Prepared, "maxRequests">[] = [];
  for (const subgraph of ways.subgraphs) {
    const reference = operation.isRead ? await readReference(subgraph) : undefined;
    for (const way of [subgraph.direct, ...subgraph.routers])
      prepared.push({ operation, way, subgraph, rounds: [], headers, reference });
  }
  const { peer } = ways;
  const [first] = prepared;
  if (operation === PLAIN_READ && peer && first)
    prepared.push({ operation, way: peer, rounds: [], headers, reference: first.reference });
  const parts = prepared.length * (size.rounds + Number(size.hasWarmUp));
  const available = Math.floor((operation.available ?? Infinity) / parts) - CONNECTIONS;
  return prepared.map((one) => ({ ...one, maxRequests: Math.min(size.maxRequests, available) }));
}

/**
 * Every operation on every way, one short round after the other and then in the reverse order, so that a slow moment of the machine
 * meets them all.
 */
export async function measureWays(ways: RouterWays, size: RoundSize): Promise<readonly Measured[]> {
  const prepared: Prepared[] = [];
  for (const operation of createRouterOperations()) prepared.push(...(await prepareOperation(ways, operation, size)));
  for (let round = size.hasWarmUp ? -1 : 0; round < size.rounds; round += 1) {
    const order = round % 2 === 0 ? prepared : prepared.toReversed();
    for (const { way, operation, rounds, ...options } of order) {
      const measured = await runRound(way, operation, { ...options, seconds: size.seconds });
      if (round >= 0) rounds.push(measured);
    }
  }
  return prepared;
}
