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
  readonly connections: Pick<Connections, "canRespond" | "finish">;
  readonly headers: Readonly<Record<string, string>>;
  /** The error for headers that exceed the limit. */
  readonly headersTooLarge: SubgraphError;
}

/**
 * Responds to bytes that are not an HTTP request, or not a complete one in time. The response has the shape of every other refusal.
 * Then the connection ends, even if the client does not end it.
 */
export function createClientErrorHandler({ connections, headers, headersTooLarge }: ClientErrorOptions) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === "ECONNRESET" || !connections.canRespond(socket)) {
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
    connections.finish(socket, `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
  };
}
