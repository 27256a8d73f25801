import { integer } from "../values";
import { variable } from "../variable";

/** The cache of provider reads, shared by the requests of one process. */
export const readCacheVariables = {
  freshMs: variable(
    "READ_CACHE_MS",
    integer(0, 600_000, 5000),
    "how long a cached read is served to the same caller without a call, in milliseconds; 0 disables the cache",
  ),
  staleWhileRevalidateMs: variable(
    "READ_CACHE_STALE_MS",
    integer(0, 600_000, 5000),
    "how much longer it is served while it is refreshed, in milliseconds",
  ),
  staleIfErrorMs: variable(
    "READ_CACHE_STALE_IF_ERROR_MS",
    integer(0, 3_600_000, 60_000),
    "how long after `READ_CACHE_MS` it is served while its provider fails, in milliseconds",
  ),
  maxBytes: variable("READ_CACHE_BYTES", integer(1024, 2 ** 32, 2 ** 25), "maximum size of the read cache, in bytes"),
};
