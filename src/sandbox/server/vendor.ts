import { type IncomingHttpHeaders } from "node:http";
import { type Answer } from "./answer";

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
  readonly handle: (request: VendorRequest) => Answer | Promise<Answer>;
  /** A failure told by the vendor's gateway, in the vendor's shape. */
  readonly gatewayError: (status: number, message: string) => Answer;
  readonly state: () => Readonly<Record<string, unknown>>;
  /** Back to the seeds; `clockJumpMs` is how far the reset moved the clock. */
  readonly reset: (clockJumpMs: number) => void;
  /** Control endpoints of its own; undefined for what is none of them. */
  readonly control?: (action: string, body: unknown) => Answer | undefined;
  /** Ends what it does by itself. */
  readonly close?: () => void;
}

/** The path below the vendor's base path; a path that does not start with it comes back as it is. */
export function withoutBasePath(path: string, basePath: string): string {
  if (!path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  return rest === "" || rest.startsWith("/") ? rest : path;
}
