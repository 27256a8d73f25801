import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type AvibraEvent, eventInfo } from "./assumptions";
import { DEFAULT_SETTINGS, type WebhookSettings } from "./webhook-settings";

const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
const MAX_ATTEMPTS = 20;
const ATTEMPT_TIMEOUT_MS = 10_000;
/** Maximum number of listed events; older ones are dropped. */
const MAX_DELIVERIES = 10_000;

/** One event and its delivery. */
interface Delivery {
  readonly event: AvibraEvent;
  readonly key: string;
  attempts: number;
  /** HTTP status of the last response; null before the first one. */
  status: number | null;
}

export interface SendOptions {
  readonly key?: string | undefined;
}

/** Sends each event to the partner's endpoint at least once (assumed), and repeats it until the response is 2xx. */
export class WebhookSender {
  settings: WebhookSettings = DEFAULT_SETTINGS;
  #deliveries: Delivery[] = [];
  #controller = new AbortController();

  constructor() {
    this.#resetController();
  }

  send(event: AvibraEvent, { key = randomUUID() }: SendOptions = {}): void {
    if (this.settings.url === undefined) return;
    const { unknown, copies } = this.settings;
    if (unknown) this.#sendCopies({ ...event, name: "undocumented_event" }, randomUUID(), copies);
    this.#sendCopies(event, key, copies);
  }

  /** Sends an event without delay or copies. Resolves to whether the first response was 2xx; if not, it is repeated as others are. */
  async sendNow(event: AvibraEvent, key: string): Promise<boolean> {
    const delivery = this.#addDelivery(event, key);
    const { signal } = this.#controller;
    const isDelivered = await this.#attempt(delivery, signal);
    if (!isDelivered) void this.#deliver(delivery, signal);
    return isDelivered;
  }

  list(): readonly unknown[] {
    return this.#deliveries.map(({ event, ...delivery }) => ({ ...eventInfo(event), ...delivery }));
  }

  /** Discards all events, but not the settings. */
  reset(): void {
    const { url, username, password } = this.settings;
    this.settings = { ...DEFAULT_SETTINGS, username, password, ...(url !== undefined && { url }) };
    this.stop();
    this.#resetController();
    this.#deliveries = [];
  }

  /** Discards all waiting events. */
  stop(): void {
    this.#controller.abort();
  }

  #resetController(): void {
    this.#controller = new AbortController();
    setMaxListeners(0, this.#controller.signal);
  }

  #sendCopies(event: AvibraEvent, key: string, copies: number): void {
    for (let copy = 0; copy < copies; copy += 1) {
      void this.#deliver(this.#addDelivery(event, key), this.#controller.signal);
    }
  }

  #addDelivery(event: AvibraEvent, key: string): Delivery {
    const delivery: Delivery = { event, key, attempts: 0, status: null };
    this.#deliveries.push(delivery);
    if (this.#deliveries.length > MAX_DELIVERIES) this.#deliveries.shift();
    return delivery;
  }

  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { delayMs, disorder } = this.settings;
    try {
      await sleep(disorder ? delayMs * Math.random() : delayMs, undefined, { signal });
      while (delivery.attempts < MAX_ATTEMPTS) {
        if (await this.#attempt(delivery, signal)) return;
        await sleep(Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** delivery.attempts), undefined, { signal });
      }
    } catch {
      // stopped
    }
  }

  async #attempt(delivery: Delivery, signal: AbortSignal): Promise<boolean> {
    delivery.attempts += 1;
    delivery.status = await this.#post(delivery, signal);
    return delivery.status !== null && delivery.status >= 200 && delivery.status < 300;
  }

  async #post({ event, key }: Delivery, signal: AbortSignal): Promise<number | null> {
    const { url = "", username, password } = this.settings;
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
        "idempotency-key": key,
      },
      body: JSON.stringify(eventInfo(event)),
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
    }).catch(() => undefined);
    await response?.body?.cancel().catch(() => undefined);
    return response?.status ?? null;
  }
}
