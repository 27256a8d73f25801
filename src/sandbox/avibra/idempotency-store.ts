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
    return entry !== undefined && this.#isStored(entry) ? entry.response : undefined;
  }

  set(endpoint: string, key: string, response: HttpResponse): void {
    for (const [name, entry] of this.#entries) {
      if (this.#isStored(entry)) break; // those behind it are newer
      this.#entries.delete(name);
    }
    this.#entries.set(`${endpoint} ${key}`, { response, atMs: this.#clock.nowMs() });
  }

  /** Every entry whose key is still stored, for `restore`. */
  list(): readonly (readonly [string, Entry])[] {
    return [...this.#entries].filter(([, entry]) => this.#isStored(entry));
  }

  restore(entries: ReturnType<IdempotencyStore["list"]>): void {
    for (const [name, entry] of entries) this.#entries.set(name, entry);
  }

  #isStored({ atMs }: Entry): boolean {
    return this.#clock.nowMs() - atMs < keyRetentionMs;
  }
}
