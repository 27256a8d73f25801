import { type HttpResponse } from "../server/http-response";
import { type Clock } from "../server/clock";
import { keyRetentionMs } from "./assumptions";

/** First responses by idempotency key and endpoint. The partner is not part of the key, because there is only one. */
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
