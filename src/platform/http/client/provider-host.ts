import { type HttpClient } from "./http-client";
import { type TransportOptions } from "./undici-transport";

/** A host of a provider. Everything else about calls is the same for every provider. */
export interface ProviderHost {
  /** In metrics, for example `avibra`. */
  readonly name: string;
  readonly baseUrl: string;
  /** Maximum number of calls in flight. */
  readonly concurrency: number;
  /** Maximum time of one call, in milliseconds. */
  readonly timeoutMs: number;
  readonly tls?: NonNullable<TransportOptions["tls"]>;
  /** Its calls serve all requests, so their cost is not attributed to the request that happens to start them. */
  readonly isShared?: boolean;
}

/** Creates the HTTP client of a host, with connections of its own. */
export type ConnectHost = (host: ProviderHost) => HttpClient;
