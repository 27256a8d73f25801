import { hostname } from "node:os";
import { type FastifyInstance } from "fastify";
import { type Stores } from "./app-stores";
import { type Config } from "./config";
import { createEventEffects, factsOf } from "./features/event";
import { createBasicCheck } from "./platform/auth/basic-credentials";
import { createAddressCheck } from "./platform/auth/source-addresses";
import { describeError } from "./platform/errors/describe-error";
import { type Posted, registerWebhook } from "./platform/http-server/webhook-route";
import { createInboxWorker } from "./platform/inbox/inbox-worker";
import { type Operation } from "./platform/ledger/operation.type";
import { createAdmission } from "./platform/limits/admission";
import { type Logger } from "./platform/telemetry/logger";
import { type Metrics } from "./platform/telemetry/metrics";
import { systemClock } from "./platform/time/clock";
import { monotonicClock } from "./platform/time/monotonic-clock";
import { eventKindOf, readEvent } from "./providers/avibra/avibra.webhook";

const AVIBRA_PATH = "/webhooks/avibra";
const DAY_MS = 86_400_000;

/** What works on stored events, for the program and for a replay alike. */
export function createEventWorker(config: Config, logger: Logger, { inbox, ledger, signals }: Stores) {
  const effects = createEventEffects({ inbox, ledger, signals, clock: systemClock });
  const worker = createInboxWorker({
    inbox,
    handle: effects.apply,
    onProcessed: effects.tell,
    clock: systemClock,
    monotonic: monotonicClock,
    random: Math.random,
    logger,
    owner: `${hostname()}:${process.pid}`,
    leaseMs: config.OPERATION_LEASE_MS,
    intervalMs: config.RECONCILE_INTERVAL_MS,
    retentionMs: config.WEBHOOK_RETENTION_DAYS * DAY_MS,
  });
  return { effects, worker };
}

interface WebhooksOptions {
  readonly stores: Stores;
  readonly metrics: Pick<Metrics, "event">;
}

/** What providers tell us: taken in, and worked on. */
export function createWebhooks(config: Config, logger: Logger, { stores, metrics }: WebhooksOptions) {
  const { effects, worker } = createEventWorker(config, logger, stores);
  const admission = createAdmission({
    maxRequests: config.LIMIT_CONCURRENT_WEBHOOKS,
    maxBodiesBytes: config.LIMIT_CONCURRENT_WEBHOOKS * config.LIMIT_WEBHOOK_BODY_BYTES,
  });

  async function receive({ text, json, idempotencyKey }: Posted): Promise<boolean> {
    const now = systemClock.now();
    const event = readEvent(json, now);
    if (!event) return false;
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    const { id, isCopy } = await stores.inbox.receive({ facts: factsOf(event, now), body: text, now, ...key });
    const kind = eventKindOf(event.name) ?? "UNKNOWN";
    metrics.event(kind, isCopy ? "copy" : "stored");
    logger.debug({ kind, isCopy, ...(!isCopy && { eventId: id }) }, "event received");
    if (!isCopy) worker.wake();
    return true;
  }

  return {
    start: worker.start,
    stop: worker.stop,
    underWay: admission.underWay,
    /** Looks whether an event has already told of an operation whose answer was lost. */
    explain(operation: Operation): void {
      effects.explain(operation).catch((error: unknown) => {
        logger.warn({ operationId: operation.id, ...describeError(error) }, "events could not be looked at");
      });
    },
    register(server: FastifyInstance): void {
      registerWebhook(server, {
        path: AVIBRA_PATH,
        isKnownAddress: createAddressCheck(config.AVIBRA_WEBHOOK_ADDRESSES),
        isAuthorized: createBasicCheck(config.AVIBRA_WEBHOOK_USERNAME, config.AVIBRA_WEBHOOK_PASSWORD),
        admission,
        maxBodyBytes: config.LIMIT_WEBHOOK_BODY_BYTES,
        bodyTimeoutMs: config.WEBHOOK_BODY_TIMEOUT_MS,
        receive,
      });
    },
  };
}
