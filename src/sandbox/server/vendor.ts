import { type IncomingHttpHeaders } from "node:http";
import { type HttpResponse } from "./http-response";
import { isJsonObject, type JsonObject } from "./request-body";

export interface VendorRequest {
  readonly method: string;
  /** As received, still percent-encoded, without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One row for each effect that happened; tests count these. */
export interface Commit {
  readonly operation: string;
  readonly subject: string;
  readonly idempotencyKey?: string;
  readonly at: string;
}

/** A simulated vendor, as the server uses it. */
export interface Vendor {
  readonly basePath: string;
  readonly handle: (request: VendorRequest) => HttpResponse | Promise<HttpResponse>;
  /** A failure of the vendor's gateway, in the vendor's error format. */
  readonly gatewayError: (status: number, message: string) => HttpResponse;
  readonly state: () => Readonly<Record<string, unknown>>;
  /** Restores the seeds. `clockJumpMs` is how far the reset moved the clock, in milliseconds. */
  readonly reset: (clockJumpMs: number) => void;
  /** What a restart must preserve: JSON for `restore`. */
  readonly snapshot: () => JsonObject;
  /** Restores a snapshot over the seeds. Returns false, and changes nothing, if it does not have the shape of one. */
  readonly restore: (snapshot: JsonObject) => boolean;
  /** The vendor's own control endpoints. Returns undefined for any other path. */
  readonly control?: (action: string, body: unknown) => HttpResponse | Promise<HttpResponse> | undefined;
  /** Stops its background work. */
  readonly close?: () => void;
}

/** Whether the value is an array of objects that have these members as text. */
export function isListOf(value: unknown, ...names: readonly string[]): boolean {
  return (
    Array.isArray(value) &&
    value.every((item) => isJsonObject(item) && names.every((name) => typeof item[name] === "string"))
  );
}

/** The path below the vendor's base path; any other path is returned unchanged. */
export function stripBasePath(path: string, basePath: string): string {
  if (!path.startsWith(basePath)) return path;
  const relativePath = path.slice(basePath.length);
  return relativePath === "" || relativePath.startsWith("/") ? relativePath : path;
}
