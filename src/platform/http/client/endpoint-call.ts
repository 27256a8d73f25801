import { type ZodType } from "zod";

/**
 * Whether a call may be sent again when its outcome is unknown.
 * `safe`: yes, it changes nothing. `keyed`: with the same idempotency key. `once`: never after a byte may have left.
 */
export type Repeat = "safe" | "keyed" | "once";

/** One call of an endpoint, with its arguments applied. */
export interface EndpointCall<Result> {
  /** Low-cardinality name for errors, logs and metrics, for example `avibra.benefits.list`. */
  readonly name: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** Built with the `path` tag, so that no value can leave its segment. */
  readonly path: string;
  readonly repeat: Repeat;
  readonly timeoutMs: number;
  /** The number of this attempt if the caller repeats the call itself, so that the client does not; default 1. */
  readonly attempt?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly json: unknown } | { readonly form: Readonly<Record<string, string>> };
  /** Parses the JSON response into our own model; unparsed data is never returned. */
  readonly response: ZodType<Result>;
}
