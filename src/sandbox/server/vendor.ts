import { type IncomingHttpHeaders } from "node:http";
import { type HttpResponse } from "./http-response";

export interface VendorRequest {
  readonly method: string;
  /** As received, still percent-encoded, without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One row per effect that really happened: what tests count. */
export interface Commit {
  readonly operation: string;
  readonly subject: string;
  readonly idempotencyKey?: string;
  readonly at: string;
}

/** What one simulated vendor gives to the server that plays it. */
export interface Vendor {
  readonly basePath: string;
  readonly handle: (request: VendorRequest) => HttpResponse | Promise<HttpResponse>;
  /** A failure told by the vendor's gateway, in the vendor's shape. */
  readonly gatewayError: (status: number, message: string) => HttpResponse;
  readonly state: () => Readonly<Record<string, unknown>>;
  /** Back to the seeds; `clockJumpMs` is how far the reset moved the clock. */
  readonly reset: (clockJumpMs: number) => void;
  /** Control endpoints of its own; undefined for what is none of them. */
  readonly control?: (action: string, body: unknown) => HttpResponse | undefined;
  /** Ends what it does by itself. */
  readonly close?: () => void;
}

/** The path below the vendor's base path; a path that does not start with it comes back as it is. */
export function stripBasePath(path: string, basePath: string): string {
  if (!path.startsWith(basePath)) return path;
  const relativePath = path.slice(basePath.length);
  return relativePath === "" || relativePath.startsWith("/") ? relativePath : path;
}
