import { STATUS_CODES } from "node:http";
import { type Socket } from "node:net";
import { resolveRequestId } from "../../errors/request-id";
import { type SubgraphError } from "../../errors/subgraph-error";
import { type Connections } from "./connections";
import { formatErrorBody } from "./error-response";

const STATUS_BY_ERROR_CODE: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

export interface ClientErrorOptions {
  readonly connections: () => Pick<Connections, "canRespond" | "finish">;
  readonly headers: Readonly<Record<string, string>>;
  /** What is said of headers that are larger than they may be. */
  readonly headersTooLarge: SubgraphError;
}

/**
 * Answers bytes that are no HTTP request, or not in time, in the same shape as every other refusal, and ends the connection, whether
 * its client ends it too or not.
 */
export function createClientErrorHandler({ connections, headers, headersTooLarge }: ClientErrorOptions) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === "ECONNRESET" || !connections().canRespond(socket)) {
      socket.destroy();
      return;
    }
    const status = STATUS_BY_ERROR_CODE[error.code ?? ""] ?? 400;
    const requestId = resolveRequestId(undefined);
    const body = formatErrorBody(status === 431 ? headersTooLarge : "BAD_REQUEST", requestId);
    const fields = {
      ...headers,
      "x-request-id": requestId,
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      connection: "close",
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    connections().finish(socket, `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
  };
}
