import { startTcpServer, withPort } from "./tcp-server";

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
  const received: Buffer[] = [];
  let mode: "behave" | "swallow" | "cut" = "behave";

  const { port, close } = await startTcpServer((client, { connectTo }) => {
    const upstream = connectTo(Number(new URL(target).port));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => mode !== "swallow" && client.destroy());
    client.on("data", (chunk) => received.push(chunk));
    client.pipe(upstream);
    upstream.on("data", (response) => {
      if (mode === "behave") client.write(response);
      if (mode === "cut") client.resetAndDestroy();
      if (mode === "cut") mode = "behave";
    });
  });
  return {
    url: withPort(target, port),
    restore: () => (mode = "behave"),
    dropResponses: () => (mode = "swallow"),
    resetAtNextResponse: () => (mode = "cut"),
    received: () => Buffer.concat(received).toString("latin1"),
    close,
  };
}
