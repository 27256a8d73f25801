import { type ZodType } from "zod";
import { type EndpointCall, type Repeat } from "./endpoint-call";

/** One endpoint of a provider, as data. The provider's client adds its timeout, headers and credentials. */
export interface Endpoint<Args extends readonly string[], Result> {
  /**
   * Low-cardinality name for errors, logs, metrics and cache keys: `avibra.benefits.list`. Written here only. The part before its last
   * dot selects the circuit breaker group.
   */
  readonly name: string;
  readonly method: EndpointCall<Result>["method"];
  /** The URL's path, built with the `path` tag so that no value can leave its segment. */
  readonly path: (...args: Args) => string;
  readonly repeat: Repeat;
  /** Parses the JSON response into our own model. */
  readonly response: ZodType<Result>;
  /** Whether a response is about the requested resource. The client rejects one that is not as `unreadable`. */
  readonly matches?: (result: Result, ...args: Args) => boolean;
}

/** Declares an endpoint; infers the types of its path's arguments and of its result. */
export const endpoint = <Args extends readonly string[], Result>(
  definition: Endpoint<Args, Result>,
): Endpoint<Args, Result> => definition;
