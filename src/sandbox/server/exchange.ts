import { type ServerResponse } from "node:http";
import { type HttpResponse } from "./http-response";

/** A request in progress. */
export interface Exchange {
  readonly response: ServerResponse;
  /** Aborted when the sandbox is reset or closed. Pending responses are dropped. */
  readonly signal: AbortSignal;
  /** This server's own address, for redirects. */
  readonly origin: string;
  /** Lets the vendor process the request. The effect, if any, happens here. */
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
