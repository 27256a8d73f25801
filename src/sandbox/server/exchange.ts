import { type ServerResponse } from "node:http";
import { type HttpResponse } from "./http-response";

/** One request in progress. */
export interface Exchange {
  readonly response: ServerResponse;
  /** Aborted when the sandbox is reset or closed; waiting responses are then dropped. */
  readonly signal: AbortSignal;
  /** The server's own URL, for redirects. */
  readonly origin: string;
  /** Calls the vendor, which applies its effect. */
  readonly handleRequest: () => Promise<HttpResponse>;
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
