import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** An answer to be lost: one that comes after a statement of this form. */
export interface ResponseLoss {
  readonly statement: RegExp;
  /**
   * `next`: the statement's own, so that in a transaction nothing will be committed. `committed`: the one that leaves no
   * transaction open, so that what was written is stored.
   */
  readonly when: "next" | "committed";
  readonly ending: "reset" | "end";
}

/** A TCP proxy of PostgreSQL that loses one response: the server executes the statement, and the client gets no result. */
export interface ResponseLossProxy {
  /** The given URL with the proxy's port. */
  readonly url: string;
  /** Loses one answer from now on. */
  arm(loss: ResponseLoss): void;
  disarm(): void;
  close(): Promise<void>;
}

/** ReadyForQuery, the end of every answer, with the status "idle": no transaction is open. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export async function startResponseLossProxy(
  target: string,
  onLoss: (ending: string) => void,
): Promise<ResponseLossProxy> {
  const url = new URL(target);
  const [port, host] = [Number(url.port), url.hostname];
  const sockets = new Set<Socket>();
  let armed: ResponseLoss | undefined;

  const server = createServer((client) => {
    const upstream = connect(port, host);
    let pendingLoss: ResponseLoss | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (request) => {
      if (armed?.statement.test(request.toString("latin1"))) {
        pendingLoss = armed;
        armed = undefined;
      }
      upstream.write(request);
    });
    client.on("end", () => upstream.end());
    upstream.on("end", () => client.end());
    upstream.on("data", (response) => {
      const shouldLose =
        pendingLoss?.when === "next" ||
        (pendingLoss && response.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE));
      if (!pendingLoss || !shouldLose) return void client.write(response);
      onLoss(`${pendingLoss.ending}, ${pendingLoss.when} answer after ${pendingLoss.statement.source}`);
      if (pendingLoss.ending === "reset") client.resetAndDestroy();
      else client.end();
      upstream.destroy();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    arm: (loss) => void (armed = loss),
    disarm: () => void (armed = undefined),
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
