import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

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
  const sockets = new Set<Socket>();
  const upstreams = new Map<Socket, Socket>();
  let isHolding = false;
  let target = new URL("http://127.0.0.1:9");
  let server: Server | undefined;
  let port = 0;

  function relay(client: Socket): void {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        upstreams.delete(upstream);
        client.destroy();
        upstream.destroy();
      });
    }
    upstreams.set(upstream, client);
    client.pipe(upstream);
    if (!isHolding) upstream.pipe(client);
  }

  async function open(): Promise<void> {
    server = createServer(relay).listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  }
  await open();
  return {
    url: `http://127.0.0.1:${port}`,
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
      if (!server?.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
