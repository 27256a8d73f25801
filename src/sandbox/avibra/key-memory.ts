import { type Answer } from "../server/answer";
import { type Clock } from "../server/clock";
import { keyRetentionMs } from "./assumptions";

/** First answers by idempotency key and endpoint; there is one partner, so it needs no place in the key. */
export class KeyMemory {
  readonly #clock: Clock;
  readonly #remembered = new Map<string, { readonly answer: Answer; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(endpoint: string, key: string): Answer | undefined {
    const found = this.#remembered.get(`${endpoint} ${key}`);
    return found !== undefined && this.#clock.nowMs() - found.atMs < keyRetentionMs ? found.answer : undefined;
  }

  remember(endpoint: string, key: string, answer: Answer): void {
    this.#remembered.set(`${endpoint} ${key}`, { answer, atMs: this.#clock.nowMs() });
  }
}
