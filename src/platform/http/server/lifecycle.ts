import { setTimeout } from "node:timers/promises";
import { type FastifyInstance } from "fastify";
import { isHealthProbe, LIVE_PATH, READY_PATH } from "./health-probe";
import { sendError } from "./error-response";

/** The members of `checks` in the response of `/health/ready`, by name. */
export type ReadinessChecks = Readonly<Record<string, () => Readiness | Promise<Readiness>>>;
type Readiness = { readonly ok: boolean } & Readonly<Record<string, unknown>>;

export interface LifecycleOptions {
  /** Number of requests in flight, including those whose clients have disconnected. */
  readonly inFlight: () => number;
  /** `ok: false` in any of them makes the process not ready. */
  readonly checks: ReadinessChecks;
  /** Reported next to the checks, without an effect on the status. */
  readonly reports: ReadinessChecks;
  /** How long new requests are accepted after `stop`, so that load balancers stop sending traffic first, in ms. */
  readonly drainDelayMs: number;
  /** Maximum time for requests in flight to finish, in ms. Then their connections are closed. */
  readonly drainTimeoutMs: number;
  /** Ends open subscriptions, which do not end by themselves. Has the same time as requests. */
  readonly endSubscriptions: () => Promise<void>;
}

const sleep = (ms: number) => setTimeout(ms, undefined, { ref: false });
const POLL_MS = 20;

async function runChecks(checks: ReadinessChecks): Promise<Readonly<Record<string, Readiness>>> {
  const results = Object.entries(checks).map(async ([name, check]) => [name, await check()] as const);
  return Object.fromEntries(await Promise.all(results));
}

/**
 * Health and graceful shutdown: `serving` → `draining` (not ready, new requests are accepted) → `closing` (new requests get 503, those
 * in flight finish) → closed. `/health/live` returns 200 in every phase and has no dependencies.
 */
export function registerLifecycle(
  server: FastifyInstance,
  { inFlight, checks, reports, drainDelayMs, drainTimeoutMs, endSubscriptions }: LifecycleOptions,
) {
  let phase: "serving" | "draining" | "closing" = "serving";

  server.get(LIVE_PATH, () => ({ status: "live" }));
  server.get(READY_PATH, async (_request, reply) => {
    const [checked, reported] = await Promise.all([runChecks(checks), runChecks(reports)]);
    const isReady = phase === "serving" && Object.values(checked).every(({ ok }) => ok);
    const status = isReady ? "ready" : "not ready";
    return reply.code(isReady ? 200 : 503).send({ status, phase, checks: { ...checked, ...reported } });
  });

  server.addHook("onRequest", async (request, reply) => {
    if (isHealthProbe(request)) return;
    if (phase !== "serving") reply.header("connection", "close");
    if (phase === "closing") return sendError(reply.header("retry-after", "1"), 503, "UNAVAILABLE");
  });

  return {
    /** Resolves when all requests have finished, or the timeout has elapsed, and the port is closed. */
    async stop(): Promise<void> {
      phase = "draining";
      await sleep(drainDelayMs);
      phase = "closing";
      const deadline = performance.now() + drainTimeoutMs;
      await Promise.race([endSubscriptions(), sleep(drainTimeoutMs)]);
      while (inFlight() > 0 && performance.now() < deadline) await sleep(POLL_MS);
      server.server.closeAllConnections();
      await server.close();
    },
  };
}
