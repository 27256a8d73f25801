import { setTimeout } from "node:timers/promises";
import { type FastifyInstance } from "fastify";
import { isHealthProbe, LIVE_PATH, READY_PATH } from "./health-probe";
import { sendError } from "./error-response";

/** What `/health/ready` tells, by name. */
export type ReadinessChecks = Readonly<Record<string, () => Readiness | Promise<Readiness>>>;
type Readiness = { readonly ok: boolean } & Readonly<Record<string, unknown>>;

export interface LifecycleOptions {
  /** Requests under way; what nobody waits for any more is still finished. */
  readonly inFlight: () => number;
  /** `ok: false` in any of them makes it red. */
  readonly checks: ReadinessChecks;
  /** Told beside them, and never makes it red. */
  readonly reports: ReadinessChecks;
  /** How long requests are still taken after a stop was asked for, so that load balancers see red first. */
  readonly drainDelayMs: number;
  /** How long requests that are under way may take to finish; then they are cut off. */
  readonly drainTimeoutMs: number;
  /** Ends what would go on for ever by itself; it has as long as requests have. */
  readonly endSubscriptions: () => Promise<void>;
}

const sleep = (ms: number) => setTimeout(ms, undefined, { ref: false });
const POLL_MS = 20;

async function runChecks(checks: ReadinessChecks): Promise<Readonly<Record<string, Readiness>>> {
  const results = Object.entries(checks).map(async ([name, check]) => [name, await check()] as const);
  return Object.fromEntries(await Promise.all(results));
}

/**
 * Health and graceful stop. `serving` → `draining` (ready is red, requests are still taken) → `closing` (new requests
 * get 503, those under way finish) → closed. Live is green throughout and depends on nothing.
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
    /** Resolves when everything under way is answered (or the timeout is over) and the port is closed. */
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
