import { type ZodType } from "zod";

/**
 * May the call be sent again when its outcome is not known?
 * `safe`: it changes nothing. `keyed`: with the same idempotency key. `once`: never again after a byte may have left.
 */
export type Repeat = "safe" | "keyed" | "once";

/** One call to a provider: what is sent, what is expected, and its policy. */
export interface EndpointCall<Result> {
  /** Low-cardinality name for errors, logs and metrics, for example `avibra.benefits.list`. */
  readonly name: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** Built with the `path` tag, so that no value can leave its segment. */
  readonly path: string;
  readonly repeat: Repeat;
  readonly timeoutMs: number;
  /** Which attempt this is, where the caller repeats it itself; 1 by default. */
  readonly attempt?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly json: unknown } | { readonly form: Readonly<Record<string, string>> };
  /** Reads the JSON answer into our own model; nothing unparsed passes. */
  readonly response: ZodType<Result>;
}
