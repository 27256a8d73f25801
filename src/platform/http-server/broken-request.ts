import { type Socket } from "node:net";
import { requestIdOf } from "../errors/request-id";
import { type SubgraphError } from "../errors/subgraph-error";
import { refusalText } from "./refusal";

/** Answers what is no HTTP request, or not yet: there is no reply to answer with, only the socket. */
export function refuseBrokenRequest(socket: Socket, errorCode: string | undefined, tooLarge: SubgraphError): void {
  if (!socket.writable) return;
  const [line, reason] =
    errorCode === "HPE_HEADER_OVERFLOW"
      ? (["431 Request Header Fields Too Large", tooLarge] as const)
      : errorCode === "ERR_HTTP_REQUEST_TIMEOUT"
        ? (["408 Request Timeout", "BAD_REQUEST"] as const)
        : (["400 Bad Request", "BAD_REQUEST"] as const);
  const text = refusalText(reason, requestIdOf(undefined));
  const headers = `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}`;
  socket.end(`HTTP/1.1 ${line}\r\n${headers}\r\nconnection: close\r\n\r\n${text}`);
}
