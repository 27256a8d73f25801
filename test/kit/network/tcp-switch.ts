import { type Socket } from "node:net";
import { startTcpServer, type TcpServer } from "./tcp-server";

/** A port that leads to a server while it is open; closed, its connections are cut and new ones refused. */
export interface TcpSwitch {
  readonly url: string;
  setTarget(target: string): void;
  close(): Promise<void>;
  /** The same port again. */
  open(): Promise<void>;
  /** Holds back what the server sends, on every connection. Requests still reach the server. */
  hold(): void;
  /** Delivers what is held, and holds nothing more. Does nothing if nothing is held. */
  release(): void;
}

export async function startTcpSwitch(): Promise<TcpSwitch> {
  const upstreams = new Map<Socket, Socket>();
  let isHolding = false;
  let target = new URL("http://127.0.0.1:9");
  let server: TcpServer | undefined;

  async function open(): Promise<void> {
    server = await startTcpServer(
      (client, { connectTo }) => {
        const upstream = connectTo(Number(target.port));
        client.on("close", () => upstream.destroy());
        upstream.on("close", () => {
          upstreams.delete(upstream);
          client.destroy();
        });
        upstreams.set(upstream, client);
        client.pipe(upstream);
        if (!isHolding) upstream.pipe(client);
      },
      { port: server?.port ?? 0 },
    );
  }
  await open();
  return {
    url: `http://127.0.0.1:${server?.port}`,
    setTarget: (url) => {
      target = new URL(url);
    },
    open,
    hold() {
      if (isHolding) return;
      isHolding = true;
      for (const upstream of upstreams.keys()) upstream.unpipe().pause();
    },
    release() {
      if (!isHolding) return; // a second pipe would deliver everything twice
      isHolding = false;
      for (const [upstream, client] of upstreams) upstream.pipe(client);
    },
    async close() {
      await server?.close();
    },
  };
}
