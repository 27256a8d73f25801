import { type GraphQLFormattedError } from "graphql";
import { z } from "zod";
import { SubgraphError } from "../../../errors/subgraph-error";
import { type Logger } from "../../../observability/logger";
import { type CallbackPolicy, parseCallbackTarget } from "./callback-addresses";
import { createDelivery, type Deliver, deliverWithRetries } from "./callback-delivery";
import { type CallbackClient } from "./callback.client";
import { type OpenSubscription } from "../open-subscription";
import { type SubscriptionRequest, type Subscriptions } from "../subscriptions";

const printableString = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\x21-\x7e]+$/);

/** The value of `extensions.subscription` in a router's request. */
const CallbackRequest = z.object({
  callbackUrl: printableString(2048),
  subscriptionId: printableString(256),
  verifier: printableString(1024),
  heartbeatIntervalMs: z.number().int().min(0).default(5000),
});

type CallbackRequest = z.output<typeof CallbackRequest>;

export interface CallbackProtocolOptions {
  readonly subscriptions: Subscriptions;
  readonly client: CallbackClient;
  readonly policy: CallbackPolicy;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Two thirds of the interval after which a router ends a silent subscription, within 0.5 s and 60 s. */
const computeHeartbeatMs = (intervalMs: number) => Math.min(60_000, Math.max(500, (intervalMs * 2) / 3));
/** The subscription ends after so many failed heartbeats in a row. */
const MAX_MISSED_HEARTBEATS = 3;

/** Refused subscriptions whose routers are being asked to confirm them, or sent the reason. More are answered with it: they must not hold memory. */
const MAX_REFUSALS_IN_FLIGHT = 100;

const createInputError = (message: string) => new SubgraphError("BAD_USER_INPUT", { message });
const CALLBACK_NOT_CONFIRMED = new SubgraphError("UNAVAILABLE", {
  message: "The callback URL did not confirm the subscription.",
});

/** The errors of a refused subscription. */
interface Refusal {
  readonly errors: readonly GraphQLFormattedError[];
}

interface CallbackOutcome extends Refusal {
  /** Whether the router has confirmed the subscription: it is then sent the errors. */
  readonly isConfirmed: boolean;
}

export type CallbackProtocol = ReturnType<typeof createCallbackProtocol>;

/** Subscriptions over Apollo Router's HTTP callback protocol, version 1.0; see docs/decisions/0016. */
export function createCallbackProtocol({ subscriptions, client, policy, logger, random }: CallbackProtocolOptions) {
  /** URL and ID of each subscription, added before its router confirms it. */
  const activeKeys = new Set<string>();
  /** Subscriptions that are being opened or are open. */
  const inFlight = new Set<Promise<unknown>>();
  let refusalsInFlight = 0;

  async function trackInFlight<Value>(promise: Promise<Value>): Promise<Value> {
    inFlight.add(promise);
    return await promise.finally(() => inFlight.delete(promise));
  }

  /** Checks at intervals that the router still accepts the subscription. Returns a function that stops the checks. */
  function startHeartbeat(deliver: Deliver, intervalMs: number, onLost: () => void): () => void {
    if (intervalMs === 0) return () => undefined;
    let missed = 0;
    let isChecking = false;
    const timer = setInterval(() => {
      if (isChecking) return;
      isChecking = true;
      void deliver({ action: "check" }).then((result) => {
        isChecking = false;
        missed = result === "retry" ? missed + 1 : 0;
        if (result === "rejected" || missed >= MAX_MISSED_HEARTBEATS) onLost();
      });
    }, computeHeartbeatMs(intervalMs));
    return () => {
      clearInterval(timer);
    };
  }

  async function forward(results: OpenSubscription, deliver: Deliver, intervalMs: number): Promise<void> {
    const controller = new AbortController();
    const abandon = () => {
      controller.abort();
      void results.return();
    };
    const stopHeartbeat = startHeartbeat(deliver, intervalMs, abandon);
    let errors;
    try {
      for await (const payload of results) {
        // One at a time: events for a slow router stay in the database, not in memory.
        if ((await deliverWithRetries(deliver, { action: "next", payload }, random)) !== "delivered") abandon();
      }
    } catch (error) {
      errors = [subscriptions.toFormattedError(error)];
    }
    stopHeartbeat();
    if (controller.signal.aborted) logger.info("subscription ended: the router does not accept callbacks");
    else await deliverWithRetries(deliver, { action: "complete", errors }, random);
  }

  /** Asks the router to confirm the subscription. Throws an error for the client if it does not. */
  async function confirm(
    { callbackUrl, subscriptionId: id, verifier }: CallbackRequest,
    key: string,
  ): Promise<Deliver> {
    const target = parseCallbackTarget(callbackUrl, policy);
    if (!target) throw createInputError("Callbacks to this URL are not allowed.");
    if (activeKeys.has(key)) throw createInputError("This subscription is already open.");
    const deliver = createDelivery({ client, target, id, verifier });
    activeKeys.add(key);
    if ((await deliver({ action: "check" })) === "delivered") return deliver;
    activeKeys.delete(key);
    throw CALLBACK_NOT_CONFIRMED;
  }

  /** Resolves when the router has confirmed the subscription. `onEnd` is called when it is sent nothing more. */
  async function confirmAndForward(
    results: OpenSubscription | Refusal,
    extension: unknown,
    onEnd?: () => void,
  ): Promise<void> {
    const parsed = CallbackRequest.safeParse(extension);
    if (!parsed.success) throw createInputError("extensions.subscription does not match the callback protocol.");
    const key = JSON.stringify([parsed.data.callbackUrl, parsed.data.subscriptionId]);
    const deliver = await confirm(parsed.data, key);
    // Some routers read only the status of a response, and pass on the errors of `complete`.
    const sent: Promise<unknown> =
      "errors" in results
        ? deliverWithRetries(deliver, { action: "complete", errors: results.errors }, random)
        : forward(results, deliver, parsed.data.heartbeatIntervalMs);
    void trackInFlight(
      sent.finally(() => {
        activeKeys.delete(key);
        onEnd?.();
      }),
    );
  }

  async function confirmAndRefuse(refusal: Refusal, extension: unknown): Promise<void> {
    if (refusalsInFlight >= MAX_REFUSALS_IN_FLIGHT) throw CALLBACK_NOT_CONFIRMED;
    refusalsInFlight += 1; // before the confirmation, which can take seconds
    const release = () => void (refusalsInFlight -= 1);
    await confirmAndForward(refusal, extension, release).catch((error: unknown) => {
      release();
      throw error;
    });
  }

  return {
    /** Opens a subscription, confirms it with the router and then sends its events, or the errors for which it is refused. */
    async open(request: SubscriptionRequest, extension: unknown): Promise<CallbackOutcome> {
      const results = await subscriptions.open(request);
      const errors = "errors" in results ? results.errors : [];
      try {
        await trackInFlight(
          "errors" in results ? confirmAndRefuse(results, extension) : confirmAndForward(results, extension),
        );
        return { isConfirmed: true, errors };
      } catch (error) {
        if ("errors" in results) return { isConfirmed: false, errors };
        await results.return();
        return { isConfirmed: false, errors: [subscriptions.toFormattedError(error)] };
      }
    },
    /** Call after `Subscriptions.close`. Resolves when every router was sent `complete`. */
    async close(): Promise<void> {
      while (inFlight.size > 0) await Promise.allSettled(inFlight); // a subscription that was being opened can be open now
    },
  };
}
