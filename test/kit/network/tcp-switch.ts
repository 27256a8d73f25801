import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A port that leads to a server while it is open; closed, its connections are cut and new ones refused. */
export interface TcpSwitch {
  readonly url: string;
  setTarget(target: string): void;
  close(): Promise<void>;
  /** The same port again. */
  open(): Promise<void>;
}

export async function startTcpSwitch(): Promise<TcpSwitch> {
  const sockets = new Set<Socket>();
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
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
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
    async close() {
      if (!server?.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
