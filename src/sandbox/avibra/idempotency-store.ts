import { type HttpResponse } from "../server/http-response";
import { type Clock } from "../server/clock";
import { keyRetentionMs } from "./assumptions";

interface Entry {
  readonly response: HttpResponse;
  readonly atMs: number;
}

/** First responses by idempotency key and endpoint. The partner is not part of the key, because there is only one. */
export class IdempotencyStore {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

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

  /** Every entry whose key is still stored, for `restore`. */
  list(): readonly (readonly [string, Entry])[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#entries].filter(([, { atMs }]) => nowMs - atMs < keyRetentionMs);
  }

  restore(entries: ReturnType<IdempotencyStore["list"]>): void {
    for (const [name, entry] of entries) this.#entries.set(name, entry);
  }
}
