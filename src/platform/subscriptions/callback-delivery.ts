import { setTimeout as sleep } from "node:timers/promises";
import { type CallbackTarget } from "./callback-addresses";
import { AddressRefused, type CallbackClient, type CallbackMessage } from "./callback.client";

/** What an answer means: the router has it, it may have it later, or it does not want it (it no longer knows the subscription). */
export type Verdict = "delivered" | "again" | "unwanted";

const TEMPORARY = new Set([408, 425, 429]);

export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return "delivered";
  return status >= 500 || TEMPORARY.has(status) ? "again" : "unwanted";
}

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 100;

/** One subscription's way to its router. */
export type Deliver = (message: Pick<CallbackMessage, "action" | "payload" | "errors">) => Promise<Verdict>;

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
      return verdictOf(await client.send(target, { kind: "subscription", id, verifier, ...message }));
    } catch (error) {
      return error instanceof AddressRefused ? "unwanted" : "again";
    }
  };
}

/** Sends a message until it is known what became of it, or it has been tried often enough. */
export async function deliverPatiently(
  deliver: Deliver,
  message: Parameters<Deliver>[0],
  random: () => number,
): Promise<Verdict> {
  for (let attempt = 1; ; attempt += 1) {
    const verdict = await deliver(message);
    if (verdict !== "again" || attempt === ATTEMPTS) return verdict;
    await sleep(FIRST_DELAY_MS * 2 ** attempt * (0.5 + random() / 2));
  }
}
