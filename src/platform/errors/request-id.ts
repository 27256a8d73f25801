import { randomUUID } from "node:crypto";

export const REQUEST_ID_MAX_LENGTH = 64;
const WELL_FORMED = /^[A-Za-z0-9._-]{8,64}$/;

/** Whether the text is 8 to 64 letters, digits, ".", "_" or "-". */
export function isRequestId(text: string): boolean {
  return WELL_FORMED.test(text);
}

/** Returns the caller's `x-request-id` if it is well-formed; otherwise a new ID. */
export function resolveRequestId(header: string | string[] | undefined): string {
  return typeof header === "string" && isRequestId(header) ? header : randomUUID();
}
