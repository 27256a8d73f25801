import { type ServerResponse } from "node:http";
import { type HttpResponse } from "./http-response";

/** One request that is being answered. */
export interface Exchange {
  readonly response: ServerResponse;
  /** Aborted by a reset of the sandbox and by its end: whatever still waits then is dropped. */
  readonly signal: AbortSignal;
  /** This server's own address, for redirects. */
  readonly origin: string;
  /** Lets the vendor do the work: whatever effect there is happens in here. */
  readonly handleRequest: () => HttpResponse | Promise<HttpResponse>;
  readonly gatewayError: (status: number, message: string) => HttpResponse;
}

export function buildHeaders(httpResponse: HttpResponse): Record<string, string> {
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(httpResponse.body)),
    ...httpResponse.headers,
  };
}

export function sendResponse(response: ServerResponse, httpResponse: HttpResponse): void {
  response.writeHead(httpResponse.status, buildHeaders(httpResponse)).end(httpResponse.body);
}
