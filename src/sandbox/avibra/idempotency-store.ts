import { type HttpResponse } from "../server/http-response";
import { type Clock } from "../server/clock";
import { keyRetentionMs } from "./assumptions";

/** First responses by endpoint and idempotency key. There is one partner, so the key does not contain it. */
export class IdempotencyStore {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { readonly response: HttpResponse; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(endpoint: string, key: string): HttpResponse | undefined {
    const entry = this.#entries.get(`${endpoint} ${key}`);
    return entry !== undefined && this.#clock.nowMs() - entry.atMs < keyRetentionMs ? entry.response : undefined;
  }

  set(endpoint: string, key: string, response: HttpResponse): void {
    this.#entries.set(`${endpoint} ${key}`, { response, atMs: this.#clock.nowMs() });
  }
}
