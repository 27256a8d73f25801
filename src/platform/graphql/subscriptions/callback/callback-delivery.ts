import { setTimeout as sleep } from "node:timers/promises";
import { type CallbackTarget } from "./callback-addresses";
import { AddressNotAllowed, type CallbackClient, type CallbackMessage } from "./callback.client";

/** What an answer means: the router has it, it may have it later, or it does not want it (it no longer knows the subscription). */
export type DeliveryResult = "delivered" | "again" | "unwanted";

const RETRYABLE_STATUSES = new Set([408, 425, 429]);

export function toDeliveryResult(status: number): DeliveryResult {
  if (status >= 200 && status < 300) return "delivered";
  return status >= 500 || RETRYABLE_STATUSES.has(status) ? "again" : "unwanted";
}

const MAX_ATTEMPTS = 4;
const BASE_DELAY_MS = 100;

/** One subscription's way to its router. */
export type Deliver = (message: Pick<CallbackMessage, "action" | "payload" | "errors">) => Promise<DeliveryResult>;

export interface DeliveryOptions {
  readonly client: CallbackClient;
  readonly target: CallbackTarget;
  readonly id: string;
  readonly verifier: string;
}

/** Sends a message once. */
export function createDelivery({ client, target, id, verifier }: DeliveryOptions): Deliver {
  return async (message) => {
    try {
      return toDeliveryResult(await client.send(target, { kind: "subscription", id, verifier, ...message }));
    } catch (error) {
      return error instanceof AddressNotAllowed ? "unwanted" : "again";
    }
  };
}

/** Sends a message until it is known what became of it, or it has been tried often enough. */
export async function deliverWithRetries(
  deliver: Deliver,
  message: Parameters<Deliver>[0],
  random: () => number,
): Promise<DeliveryResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await deliver(message);
    if (result !== "again" || attempt === MAX_ATTEMPTS) return result;
    await sleep(BASE_DELAY_MS * 2 ** attempt * (0.5 + random() / 2));
  }
}
