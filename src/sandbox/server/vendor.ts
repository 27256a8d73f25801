import { type IncomingHttpHeaders } from "node:http";
import { type HttpResponse } from "./http-response";

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
  /** The vendor's own control endpoints. Returns undefined for any other path. */
  readonly control?: (action: string, body: unknown) => HttpResponse | undefined;
  /** Stops its background work. */
  readonly close?: () => void;
}

/** The path below the vendor's base path; any other path is returned unchanged. */
export function stripBasePath(path: string, basePath: string): string {
  if (!path.startsWith(basePath)) return path;
  const relativePath = path.slice(basePath.length);
  return relativePath === "" || relativePath.startsWith("/") ? relativePath : path;
}
