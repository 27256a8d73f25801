import { isDeepStrictEqual } from "node:util";
import { Pool } from "undici";
import { cpuMs, quantile } from "./figures";
import { CONNECTIONS, type OperationRequest, type RouterOperation, type Side } from "./router-operations";

/** One way from a client to the data. */
export interface Way {
  readonly title: string;
  readonly url: string;
  readonly side: Side;
  /** Of every request, besides those of its connection. */
  readonly headers: Readonly<Record<string, string>>;
  /** The processes on the way, as far as there are both. */
  readonly pids: { readonly subgraph?: number; readonly router?: number };
}

export interface RoundOptions {
  /** Headers of each connection. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** The data of the operation if it is sent directly; for operations whose requests do not know their own. */
  readonly reference: unknown;
  readonly seconds: number;
  readonly maxRequests: number;
}

export interface Round {
  readonly responses: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Processor time of each process for all responses. */
  readonly cpuMs: { readonly subgraph: number; readonly router: number };
}

interface GraphqlResponse {
  readonly data?: unknown;
  readonly errors?: unknown;
}

const all = (data: unknown): unknown => data;

/** Whether a response is right, as the data of this request or as the reference. */
function isRight(response: GraphqlResponse, request: OperationRequest, expected: () => boolean): boolean {
  if (response.errors !== undefined || !response.data) return false;
  return request.isRight ? request.isRight(response.data) : expected();
}

const startCpu = ({ pids }: Way) => {
  const read = (pid?: number) => (pid === undefined ? 0 : cpuMs(pid));
  const before = { subgraph: read(pids.subgraph), router: read(pids.router) };
  return () => ({ subgraph: read(pids.subgraph) - before.subgraph, router: read(pids.router) - before.router });
};

/**
 * Sends an operation over all connections, each its next request when it has the response, until the time or the requests are used up.
 * The first request of each connection is not counted. Throws at a response that is not right, so that no error counts as throughput.
 */
export async function runRound(way: Way, operation: RouterOperation, options: RoundOptions): Promise<Round> {
  const { headers, reference, seconds, maxRequests } = options;
  const { toComparable = all } = operation;
  const { origin, pathname: path } = new URL(way.url);
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
  const durations: number[] = [];
  /** Responses with an equal text need no second comparison. */
  let rightText: string | undefined;

  function check(text: string, request: OperationRequest, status: number): void {
    if (text === rightText) return;
    const response = status === 200 ? (JSON.parse(text) as GraphqlResponse) : {};
    const isReference = () => isDeepStrictEqual(toComparable(response.data), reference);
    if (!isRight(response, request, isReference))
      throw new Error(`${way.title}: ${operation.title} got a wrong response, with status ${status}: ${text}`);
    if (!request.isRight) rightText = text;
  }

  async function send(connection: number): Promise<number> {
    const request = operation.createRequest(connection, way.side);
    const { query, variables } = request;
    const sentAt = performance.now();
    const { statusCode, body } = await pool.request({
      method: "POST",
      path,
      headers: { "content-type": "application/json", ...way.headers, ...headers[connection] },
      body: JSON.stringify({ query, variables }),
    });
    const text = await body.text();
    const durationMs = performance.now() - sentAt;
    check(text, request, statusCode);
    return durationMs;
  }
  const overAll = (run: (connection: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: CONNECTIONS }, (_, connection) => run(connection)));

  try {
    await overAll(send); // not counted: what the first requests of a way fill is warm for the next way
    const getCpu = startCpu(way);
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1000;
    let begun = 0;
    await overAll(async (connection) => {
      while (begun < maxRequests && performance.now() < endsAt) {
        begun += 1;
        durations.push(await send(connection));
      }
    });
    const elapsedMs = performance.now() - startedAt;
    return {
      responses: durations.length,
      perSecond: (durations.length * 1000) / elapsedMs,
      p99Ms: quantile(durations, 0.99),
      cpuMs: getCpu(),
    };
  } finally {
    await pool.destroy();
  }
}
