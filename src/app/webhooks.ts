import { hostname } from "node:os";
import { type FastifyInstance } from "fastify";
import { type Stores } from "./stores";
import { type Config } from "../config/index";
import { createEventEffects, factsOf } from "../features/event";
import { createBasicAuthCheck } from "../platform/auth/basic-auth-check";
import { createAddressCheck } from "../platform/auth/address-check";
import { describeError } from "../platform/errors/describe-error";
import { type WebhookRequest, registerWebhook } from "../platform/http/server/webhook-route";
import { createInboxWorker } from "../platform/inbox/inbox-worker";
import { type ReportedOperation } from "../platform/operations/operation";
import { createAdmission } from "../platform/http/server/admission";
import { type Logger } from "../platform/observability/logger";
import { type Metrics } from "../platform/observability/metrics";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { getEventKind, parseEvent } from "../providers/avibra/avibra.webhook";

const AVIBRA_WEBHOOK_PATH = "/webhooks/avibra";
const DAY_MS = 86_400_000;

/** What works on stored events, for the program and for a replay alike. */
export function createEventWorker(config: Config, logger: Logger, { inbox, operationStore, pubSub }: Stores) {
  const eventProcessor = createEventEffects({ inbox, operationStore, pubSub, clock: systemClock });
  const worker = createInboxWorker({
    inbox,
    handle: eventProcessor.processEvent,
    onProcessed: eventProcessor.publishProcessedEvent,
    clock: systemClock,
    monotonic: monotonicClock,
    random: Math.random,
    logger,
    owner: `${hostname()}:${process.pid}`,
    leaseMs: config.OPERATION_LEASE_MS,
    intervalMs: config.RECONCILE_INTERVAL_MS,
    retentionMs: config.WEBHOOK_RETENTION_DAYS * DAY_MS,
  });
  return { effects: eventProcessor, worker };
}

interface WebhooksOptions {
  readonly stores: Stores;
  readonly metrics: Pick<Metrics, "recordEvent">;
}

/** What providers tell us: taken in, and worked on. */
export function createWebhooks(config: Config, logger: Logger, { stores, metrics }: WebhooksOptions) {
  const { effects: eventProcessor, worker } = createEventWorker(config, logger, stores);
  const admission = createAdmission({
    maxRequests: config.LIMIT_CONCURRENT_WEBHOOKS,
    maxTotalBodyBytes: config.LIMIT_CONCURRENT_WEBHOOKS * config.LIMIT_WEBHOOK_BODY_BYTES,
  });

  async function receive({ text, json, idempotencyKey }: WebhookRequest): Promise<boolean> {
    const now = systemClock.now();
    const event = parseEvent(json, now);
    if (!event) return false;
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    const { id, isDuplicate: isCopy } = await stores.inbox.receive({
      metadata: factsOf(event, now),
      body: text,
      now,
      ...key,
    });
    const kind = getEventKind(event.name) ?? "UNKNOWN";
    metrics.recordEvent(kind, isCopy ? "copy" : "stored");
    logger.debug({ kind, isCopy, ...(!isCopy && { eventId: id }) }, "event received");
    if (!isCopy) worker.trigger();
    return true;
  }

  return {
    start: worker.start,
    stop: worker.stop,
    inFlight: admission.inFlight,
    /** Looks whether an event has already told of an operation whose answer was lost. */
    matchStoredEvents(operation: ReportedOperation): void {
      eventProcessor.matchStoredEvents(operation).catch((error: unknown) => {
        logger.warn({ operationId: operation.id, ...describeError(error) }, "events could not be looked at");
      });
    },
    register(server: FastifyInstance): void {
      registerWebhook(server, {
        path: AVIBRA_WEBHOOK_PATH,
        isAllowedAddress: createAddressCheck(config.AVIBRA_WEBHOOK_ADDRESSES),
        isAuthorized: createBasicAuthCheck(config.AVIBRA_WEBHOOK_USERNAME, config.AVIBRA_WEBHOOK_PASSWORD),
        admission,
        maxBodyBytes: config.LIMIT_WEBHOOK_BODY_BYTES,
        bodyTimeoutMs: config.WEBHOOK_BODY_TIMEOUT_MS,
        receive,
      });
    },
  };
}
