import { randomUUID } from "node:crypto";

const WELL_FORMED = /^[A-Za-z0-9._-]{8,64}$/;

/** Returns the caller's `x-request-id` if it is 8 to 64 letters, digits, ".", "_" or "-"; otherwise a new ID. */
export function resolveRequestId(header: string | string[] | undefined): string {
  return typeof header === "string" && WELL_FORMED.test(header) ? header : randomUUID();
}
