import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

const WELL_FORMED = /^[A-Za-z0-9._-]{8,64}$/;

/** The id of the request that the running code belongs to; what a client quotes and an operator searches the log for. */
export const requestIds = new AsyncLocalStorage<string>();

/** The caller's `x-request-id` if it is 8 to 64 letters, digits, ".", "_" or "-"; else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === "string" && WELL_FORMED.test(header) ? header : randomUUID();
}
