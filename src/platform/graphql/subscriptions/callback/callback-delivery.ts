import { setTimeout as sleep } from "node:timers/promises";
import { type CallbackTarget } from "./callback-addresses";
import { AddressNotAllowed, type CallbackClient, type CallbackMessage } from "./callback.client";

/** `rejected`: the router no longer knows the subscription, or its address is not allowed. Do not retry. */
export type DeliveryResult = "delivered" | "retry" | "rejected";

const RETRYABLE_STATUSES = new Set([408, 425, 429]);

export function toDeliveryResult(status: number): DeliveryResult {
  if (status >= 200 && status < 300) return "delivered";
  return status >= 500 || RETRYABLE_STATUSES.has(status) ? "retry" : "rejected";
}

const MAX_ATTEMPTS = 4;
const BASE_DELAY_MS = 100;

/** Sends a message of one subscription to its router. Never rejects. */
export type Deliver = (message: Pick<CallbackMessage, "action" | "payload" | "errors">) => Promise<DeliveryResult>;

export interface DeliveryOptions {
  readonly client: CallbackClient;
  readonly target: CallbackTarget;
  readonly id: string;
  readonly verifier: string;
}

/** Creates a function that sends a message once. */
export function createDelivery({ client, target, id, verifier }: DeliveryOptions): Deliver {
  return async (message) => {
    try {
      return toDeliveryResult(await client.send(target, { kind: "subscription", id, verifier, ...message }));
    } catch (error) {
      return error instanceof AddressNotAllowed ? "rejected" : "retry";
    }
  };
}

/** Sends a message up to four times, until it is delivered or rejected. */
export async function deliverWithRetries(
  deliver: Deliver,
  message: Parameters<Deliver>[0],
  random: () => number,
): Promise<DeliveryResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await deliver(message);
    if (result !== "retry" || attempt === MAX_ATTEMPTS) return result;
    await sleep(BASE_DELAY_MS * 2 ** attempt * (0.5 + random() / 2));
  }
}
