import { type GraphQLFormattedError } from "graphql";
import { z } from "zod";
import { SubgraphError } from "../errors/subgraph-error";
import { type Logger } from "../telemetry/logger";
import { type CallbackPolicy, callbackTarget } from "./callback-addresses";
import { createDelivery, type Deliver, deliverPatiently } from "./callback-delivery";
import { type CallbackClient } from "./callback.client";
import { type OpenSubscription } from "./open-subscription";
import { type SubscriptionRequest, type Subscriptions } from "./subscriptions";

const visible = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\x21-\x7e]+$/);

/** What a router sends as `extensions.subscription`. */
const CallbackRequest = z.object({
  callbackUrl: visible(2048),
  subscriptionId: visible(256),
  verifier: visible(1024),
  heartbeatIntervalMs: z.number().int().min(0).default(5000),
});

type CallbackRequest = z.output<typeof CallbackRequest>;

export interface CallbacksOptions {
  readonly subscriptions: Subscriptions;
  readonly client: CallbackClient;
  readonly policy: CallbackPolicy;
  readonly logger: Logger;
  readonly random: () => number;
}

/** A router gives a subscription up when it hears nothing for its interval: it hears something sooner, but not without measure. */
const beatMs = (intervalMs: number) => Math.min(60_000, Math.max(500, (intervalMs * 2) / 3));
/** So many heartbeats in a row without an answer, and the router is taken for dead. */
const MISSED_BEATS = 3;

const badInput = (message: string) => new SubgraphError("BAD_USER_INPUT", { message });
const UNCONFIRMED = new SubgraphError("UNAVAILABLE", { message: "The callback URL did not confirm the subscription." });

export type Callbacks = ReturnType<typeof createCallbacks>;

/** Subscriptions over Apollo Router's HTTP callback protocol, version 1.0; see docs/decisions/0016. */
export function createCallbacks({ subscriptions, client, policy, logger, random }: CallbacksOptions) {
  /** URL and id of each, from the moment that its router is asked. */
  const taken = new Set<string>();
  /** All that is being opened, and all that is open. */
  const underWay = new Set<Promise<unknown>>();

  async function during<Value>(work: Promise<Value>): Promise<Value> {
    underWay.add(work);
    return await work.finally(() => underWay.delete(work));
  }

  /** Checks at intervals that the router still wants it. Gives back what stops that. */
  function keepAlive(deliver: Deliver, intervalMs: number, giveUp: () => void): () => void {
    if (intervalMs === 0) return () => undefined;
    let missed = 0;
    let isUnderWay = false;
    const timer = setInterval(() => {
      if (isUnderWay) return;
      isUnderWay = true;
      void deliver({ action: "check" }).then((verdict) => {
        isUnderWay = false;
        missed = verdict === "again" ? missed + 1 : 0;
        if (verdict === "unwanted" || missed >= MISSED_BEATS) giveUp();
      });
    }, beatMs(intervalMs));
    return () => {
      clearInterval(timer);
    };
  }

  async function forward(results: OpenSubscription, deliver: Deliver, intervalMs: number): Promise<void> {
    const givenUp = new AbortController();
    const giveUp = () => {
      givenUp.abort();
      void results.return();
    };
    const stop = keepAlive(deliver, intervalMs, giveUp);
    let errors;
    try {
      for await (const payload of results) {
        // One at a time: a router that is slow has events wait in the database, not here.
        if ((await deliverPatiently(deliver, { action: "next", payload }, random)) !== "delivered") giveUp();
      }
    } catch (error) {
      errors = [subscriptions.errorOf(error)];
    }
    stop();
    if (givenUp.signal.aborted) logger.info("a subscription was given up: its router does not take it");
    else await deliverPatiently(deliver, { action: "complete", ...(errors && { errors }) }, random);
  }

  /** The way to the router, once it has said that it wants the subscription. Throws what the caller is told. */
  async function confirm({ subscriptionId: id, verifier, ...asked }: CallbackRequest, key: string): Promise<Deliver> {
    const target = callbackTarget(asked.callbackUrl, policy);
    if (!target) throw badInput("Callbacks to this URL are not allowed.");
    if (taken.has(key)) throw badInput("This subscription is open already.");
    const deliver = createDelivery({ client, target, id, verifier });
    taken.add(key);
    if ((await deliver({ action: "check" })) === "delivered") return deliver;
    taken.delete(key);
    throw UNCONFIRMED;
  }

  async function begin(results: OpenSubscription, asked: unknown): Promise<void> {
    const parsed = CallbackRequest.safeParse(asked);
    if (!parsed.success) throw badInput("extensions.subscription is not as the callback protocol has it.");
    const key = JSON.stringify([parsed.data.callbackUrl, parsed.data.subscriptionId]);
    const deliver = await confirm(parsed.data, key);
    void during(
      forward(results, deliver, parsed.data.heartbeatIntervalMs).finally(() => {
        taken.delete(key);
      }),
    );
  }

  return {
    /** Opens it, has the router confirm it, and sends it events from now on; or says why not. */
    async begin(request: SubscriptionRequest, asked: unknown): Promise<readonly GraphQLFormattedError[] | undefined> {
      const results = await subscriptions.open(request);
      if ("errors" in results) return results.errors;
      try {
        await during(begin(results, asked));
        return undefined;
      } catch (error) {
        await results.return();
        return [subscriptions.errorOf(error)];
      }
    },
    /** Resolves when every router has been told that its subscription has ended; see `Subscriptions.close`. */
    async close(): Promise<void> {
      while (underWay.size > 0) await Promise.allSettled(underWay); // what was being opened may be open by now
    },
  };
}
