import { hostname } from "node:os";
import { type FastifyInstance } from "fastify";
import { type ReportAuthenticationFailure } from "./authentication-log";
import { createPausable } from "../platform/kernel/pausable";
import { PROVIDERS } from "./providers";
import { reactions } from "./reactions";
import { type Stores } from "./stores";
import { type LimitsConfig } from "../config/variables/limits";
import { type OperationsConfig } from "../config/variables/operations";
import { type WebhooksConfig } from "../config/variables/webhooks";
import { createEventProcessor, createReceiveEvent } from "../features/event";
import { DatabaseUnavailable } from "../platform/database/database.errors";
import { describeError } from "../platform/errors/describe-error";
import { registerWebhook } from "../platform/http/server/webhook-route";
import { createInboxWorker } from "../platform/inbox/inbox-worker";
import { type ReportedOperation } from "../platform/operations/operation";
import { createAdmission } from "../platform/http/server/admission";
import { type Logger } from "../platform/observability/logger";
import { type Metrics } from "../platform/observability/metrics";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { type AvibraConfig } from "../providers/avibra/variables";

const DAY_MS = 86_400_000;

export interface EventWorkerOptions {
  readonly operations: OperationsConfig;
  readonly webhooks: WebhooksConfig;
  readonly stores: Stores;
  readonly logger: Logger;
}

/** Creates the worker that processes stored events; the program and `webhooks:replay` use it. */
export function createEventWorker({ operations, webhooks, stores, logger }: EventWorkerOptions) {
  const { inbox, operationStore, pubSub } = stores;
  const processor = createEventProcessor({
    inbox,
    operationStore,
    settleProven: (id) => operationStore.settle(id, { status: "SUCCEEDED" }, systemClock.now()),
  });
  const worker = createInboxWorker({
    inbox,
    async handle(message, body) {
      const metadata = await processor.processEvent(message, body);
      await reactions.eventApplied(metadata, pubSub);
      return metadata;
    },
    onProcessed: (message, metadata) => reactions.eventProcessed(message, metadata, pubSub),
    clock: systemClock,
    monotonic: monotonicClock,
    random: Math.random,
    logger,
    owner: `${hostname()}:${process.pid}`,
    leaseMs: operations.leaseMs,
    intervalMs: operations.reconcileIntervalMs,
    retentionMs: webhooks.retentionDays * DAY_MS,
  });
  return { processor, worker };
}

export interface WebhooksOptions extends EventWorkerOptions {
  readonly avibra: Pick<AvibraConfig, "webhookAddresses" | "webhookUsername" | "webhookPasswords">;
  readonly limits: LimitsConfig["webhooks"];
  readonly metrics: Pick<Metrics, "recordEvent">;
  readonly onUnauthenticated: ReportAuthenticationFailure;
}

/** Receives, stores and processes providers' events. */
export function createWebhooks(options: WebhooksOptions) {
  const { avibra, webhooks, limits, stores, metrics, logger } = options;
  const { processor, worker } = createEventWorker(options);
  const admission = createAdmission({
    maxRequests: limits.concurrentRequests,
    maxTotalBodyBytes: limits.concurrentRequests * limits.bodyBytes,
  });
  const receive = createPausable(
    createReceiveEvent({
      inbox: stores.inbox,
      clock: systemClock,
      logger,
      onReceived(kind, outcome) {
        metrics.recordEvent(kind, outcome);
      },
      onStored: worker.trigger,
    }),
    () => new DatabaseUnavailable(false, new Error("the sandbox is being reset")), // 503: the sender repeats the event
  );
  return {
    /** While paused, events are refused with 503. Resolves when those in flight are stored. */
    pause: receive.pause,
    resume: receive.resume,
    start: worker.start,
    stop: worker.stop,
    inFlight: admission.inFlight,
    /** Settles an unconfirmed operation if an event that is stored already proves it; without waiting. */
    matchStoredEvents: (operation: ReportedOperation): void => {
      processor.matchStoredEvents(operation).catch((error: unknown) => {
        logger.warn({ operationId: operation.id, ...describeError(error) }, "stored events could not be matched");
      });
    },
    register(server: FastifyInstance): void {
      const { path, createChecks } = PROVIDERS.avibra.webhook;
      registerWebhook(server, {
        path,
        ...createChecks(avibra),
        admission,
        maxBodyBytes: limits.bodyBytes,
        bodyTimeoutMs: webhooks.bodyTimeoutMs,
        receive: receive.call,
        onUnauthenticated: options.onUnauthenticated,
      });
    },
  };
}
