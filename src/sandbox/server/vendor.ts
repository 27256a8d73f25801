import { type IncomingHttpHeaders } from "node:http";
import { type HttpResponse } from "./http-response";

export interface VendorRequest {
  readonly method: string;
  /** As received, still percent-encoded, without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One row per committed effect. Tests count these rows. */
export interface Commit {
  readonly operation: string;
  readonly subject: string;
  readonly idempotencyKey?: string;
  readonly at: string;
}

/** What a simulated vendor provides to its server. */
export interface Vendor {
  readonly basePath: string;
  readonly handle: (request: VendorRequest) => HttpResponse | Promise<HttpResponse>;
  /** An error of the vendor's gateway in the vendor's error format. */
  readonly gatewayError: (status: number, message: string) => HttpResponse;
  readonly state: () => Readonly<Record<string, unknown>>;
  /** Restores the seeds. `clockJumpMs` is the distance by which the reset moved the clock. */
  readonly reset: (clockJumpMs: number) => void;
  /** Vendor-specific control endpoints. Returns undefined for an unknown action. */
  readonly control?: (action: string, body: unknown) => HttpResponse | undefined;
  /** Stops background work. */
  readonly close?: () => void;
}

/** Removes the vendor's base path. A path without that prefix is returned unchanged. */
export function stripBasePath(path: string, basePath: string): string {
  if (!path.startsWith(basePath)) return path;
  const relativePath = path.slice(basePath.length);
  return relativePath === "" || relativePath.startsWith("/") ? relativePath : path;
}
