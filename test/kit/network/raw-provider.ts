import { type Socket } from "node:net";
import { startTcpServer } from "./tcp-server";

/** One request, as its bytes came. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Request line and headers. */
  readonly head: string;
  readonly body: string;
}

/** The bytes of a response. `repeated` is sent after them without end; `shouldClose` ends the connection. */
export interface RawResponse {
  readonly bytes: Buffer;
  readonly repeated?: Buffer;
  readonly shouldClose?: boolean;
}

/** A server below HTTP: it reads requests by Content-Length and responds with any bytes. */
export interface RawProvider {
  readonly url: string;
  readonly requests: RawRequest[];
  respondWith(createResponse: (request: RawRequest) => RawResponse): void;
  close(): Promise<void>;
}

/** A well-formed response with this body. */
export function httpResponse(body: string | Buffer, headers: readonly string[] = [], status = 200): Buffer {
  const bytes = Buffer.from(body);
  const head = [
    `HTTP/1.1 ${status} X`,
    "Content-Type: application/json",
    `Content-Length: ${bytes.length}`,
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}

function send(socket: Socket, { bytes, repeated, shouldClose }: RawResponse): void {
  socket.write(bytes);
  if (shouldClose) socket.end();
  if (!repeated) return;
  const more = () => {
    while (!socket.destroyed && socket.write(repeated));
  };
  socket.on("drain", more);
  more();
}

export async function startRawProvider(): Promise<RawProvider> {
  const requests: RawRequest[] = [];
  let createResponse: (request: RawRequest) => RawResponse = () => ({ bytes: httpResponse("{}") });

  const { port, close } = await startTcpServer((socket) => {
    let pending = "";
    socket.on("data", (chunk) => {
      pending += chunk.toString("latin1");
      for (;;) {
        const end = pending.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = pending.slice(0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        const [method = "", path = ""] = head.split(" ", 2);
        const request = { method, path, head, body: pending.slice(end + 4, end + 4 + length) };
        pending = pending.slice(end + 4 + length);
        requests.push(request);
        send(socket, createResponse(request));
      }
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    respondWith: (next) => (createResponse = next),
    close,
  };
}
