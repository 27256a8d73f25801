import { type ServerResponse } from "node:http";
import { type Answer } from "./answer";

/** One request that is being answered. */
export interface Exchange {
  readonly response: ServerResponse;
  /** Aborted by a reset of the sandbox and by its end: whatever still waits then is dropped. */
  readonly signal: AbortSignal;
  /** This server's own address, for redirects. */
  readonly origin: string;
  /** Lets the vendor do the work: whatever effect there is happens in here. */
  readonly work: () => Answer | Promise<Answer>;
  readonly gatewayError: (status: number, message: string) => Answer;
}

export function headersOf(answer: Answer): Record<string, string> {
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(answer.body)),
    ...answer.headers,
  };
}

export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, headersOf(answer)).end(answer.body);
}
