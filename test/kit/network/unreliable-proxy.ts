import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that loses a server's responses on demand, and forwards every request. */
export interface UnreliableProxy {
  /** The given URL with the proxy's port. */
  readonly url: string;
  restore(): void;
  /** Drops responses, and leaves the client's connection open even if the server ends it. */
  dropResponses(): void;
  /** Replaces the next response by a reset, then forwards again. */
  resetAtNextResponse(): void;
  /** Everything that clients have sent, as text. */
  received(): string;
  close(): Promise<void>;
}

export async function startUnreliableProxy(target: string): Promise<UnreliableProxy> {
  const url = new URL(target);
  const targetPort = Number(url.port);
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  let mode: "behave" | "swallow" | "cut" = "behave";

  const server = createServer((client) => {
    const upstream = connect(targetPort, url.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // A test that fails before it closes the proxy must not keep the run from ending.
      socket.unref();
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        if (mode !== "swallow" || socket === client) client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => received.push(chunk));
    client.pipe(upstream);
    upstream.on("data", (response) => {
      if (mode === "behave") client.write(response);
      if (mode === "cut") client.resetAndDestroy();
      if (mode === "cut") mode = "behave";
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    restore: () => (mode = "behave"),
    dropResponses: () => (mode = "swallow"),
    resetAtNextResponse: () => (mode = "cut"),
    received: () => Buffer.concat(received).toString("latin1"),
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
