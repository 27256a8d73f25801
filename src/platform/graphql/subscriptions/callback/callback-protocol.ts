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

/** What a router sends as `extensions.subscription`. */
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

/** A router gives a subscription up when it hears nothing for its interval: it hears something sooner, but not without measure. */
const computeHeartbeatMs = (intervalMs: number) => Math.min(60_000, Math.max(500, (intervalMs * 2) / 3));
/** So many heartbeats in a row without an answer, and the router is taken for dead. */
const MAX_MISSED_HEARTBEATS = 3;

const createInputError = (message: string) => new SubgraphError("BAD_USER_INPUT", { message });
const CALLBACK_NOT_CONFIRMED = new SubgraphError("UNAVAILABLE", {
  message: "The callback URL did not confirm the subscription.",
});

export type CallbackProtocol = ReturnType<typeof createCallbackProtocol>;

/** Subscriptions over Apollo Router's HTTP callback protocol, version 1.0; see docs/decisions/0016. */
export function createCallbackProtocol({ subscriptions, client, policy, logger, random }: CallbackProtocolOptions) {
  /** URL and id of each, from the moment that its router is asked. */
  const activeKeys = new Set<string>();
  /** All that is being opened, and all that is open. */
  const inFlight = new Set<Promise<unknown>>();

  async function trackInFlight<Value>(promise: Promise<Value>): Promise<Value> {
    inFlight.add(promise);
    return await promise.finally(() => inFlight.delete(promise));
  }

  /** Checks at intervals that the router still wants it. Gives back what stops that. */
  function startHeartbeat(deliver: Deliver, intervalMs: number, onLost: () => void): () => void {
    if (intervalMs === 0) return () => undefined;
    let missed = 0;
    let isChecking = false;
    const timer = setInterval(() => {
      if (isChecking) return;
      isChecking = true;
      void deliver({ action: "check" }).then((result) => {
        isChecking = false;
        missed = result === "again" ? missed + 1 : 0;
        if (result === "unwanted" || missed >= MAX_MISSED_HEARTBEATS) onLost();
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
        // One at a time: a router that is slow has events wait in the database, not here.
        if ((await deliverWithRetries(deliver, { action: "next", payload }, random)) !== "delivered") abandon();
      }
    } catch (error) {
      errors = [subscriptions.toFormattedError(error)];
    }
    stopHeartbeat();
    if (controller.signal.aborted) logger.info("a subscription was given up: its router does not take it");
    else await deliverWithRetries(deliver, { action: "complete", ...(errors && { errors }) }, random);
  }

  /** The way to the router, once it has said that it wants the subscription. Throws what the caller is told. */
  async function confirm({ subscriptionId: id, verifier, ...request }: CallbackRequest, key: string): Promise<Deliver> {
    const target = parseCallbackTarget(request.callbackUrl, policy);
    if (!target) throw createInputError("Callbacks to this URL are not allowed.");
    if (activeKeys.has(key)) throw createInputError("This subscription is open already.");
    const deliver = createDelivery({ client, target, id, verifier });
    activeKeys.add(key);
    if ((await deliver({ action: "check" })) === "delivered") return deliver;
    activeKeys.delete(key);
    throw CALLBACK_NOT_CONFIRMED;
  }

  async function confirmAndForward(results: OpenSubscription, extension: unknown): Promise<void> {
    const parsed = CallbackRequest.safeParse(extension);
    if (!parsed.success) throw createInputError("extensions.subscription is not as the callback protocol has it.");
    const key = JSON.stringify([parsed.data.callbackUrl, parsed.data.subscriptionId]);
    const deliver = await confirm(parsed.data, key);
    void trackInFlight(
      forward(results, deliver, parsed.data.heartbeatIntervalMs).finally(() => {
        activeKeys.delete(key);
      }),
    );
  }

  return {
    /** Opens it, has the router confirm it, and sends it events from now on; or says why not. */
    async open(
      request: SubscriptionRequest,
      extension: unknown,
    ): Promise<readonly GraphQLFormattedError[] | undefined> {
      const results = await subscriptions.open(request);
      if ("errors" in results) return results.errors;
      try {
        await trackInFlight(confirmAndForward(results, extension));
        return undefined;
      } catch (error) {
        await results.return();
        return [subscriptions.toFormattedError(error)];
      }
    },
    /** Resolves when every router has been told that its subscription has ended; see `Subscriptions.close`. */
    async close(): Promise<void> {
      while (inFlight.size > 0) await Promise.allSettled(inFlight); // what was being opened may be open by now
    },
  };
}
