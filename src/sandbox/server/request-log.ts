import { type IncomingHttpHeaders } from "node:http";

// Enough for the end of a benchmark. Older rows are overwritten, so that a long run does not grow.
const MAX_REQUESTS = 100_000;

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Set when the body has arrived; the row exists from the first byte. */
  body: string;
  readonly atMs: number;
  /** Whether the client closed the connection before it had the whole response. */
  isAborted: boolean;
}

/** The newest requests, in order of arrival. */
export class RequestLog {
  #rows: LoggedRequest[] = [];
  #next = 0;

  add(row: LoggedRequest): LoggedRequest {
    if (this.#rows.length < MAX_REQUESTS) {
      this.#rows.push(row);
    } else {
      this.#rows[this.#next] = row;
      this.#next = (this.#next + 1) % MAX_REQUESTS;
    }
    return row;
  }

  clear(): void {
    this.#rows = [];
    this.#next = 0;
  }

  list(): readonly unknown[] {
    return [...this.#rows.slice(this.#next), ...this.#rows.slice(0, this.#next)].map(({ atMs, ...row }) => ({
      ...row,
      at: new Date(atMs).toISOString(),
    }));
  }
}
