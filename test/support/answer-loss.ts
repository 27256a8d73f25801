import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** An answer to be lost: the one that comes after a statement of this form and so many further answers. */
export interface AnswerLoss {
  readonly statement: RegExp;
  /** 0 is the statement's own answer; 1 the next of the same connection, which in a transaction is that of the commit. */
  readonly skip: number;
  readonly how: "reset" | "end";
}

/** A TCP proxy before PostgreSQL that loses one answer: the server has done what it was asked, and the client never hears of it. */
export interface AnswerLossProxy {
  /** The given URL with the proxy's port. */
  readonly url: string;
  /** Loses one answer from now on. */
  arm(loss: AnswerLoss): void;
  disarm(): void;
  close(): Promise<void>;
}

export async function openAnswerLossProxy(target: string, onLost: (how: string) => void): Promise<AnswerLossProxy> {
  const url = new URL(target);
  const [port, host] = [Number(url.port), url.hostname];
  const sockets = new Set<Socket>();
  let armed: AnswerLoss | undefined;

  const server = createServer((client) => {
    const upstream = connect(port, host);
    let counting: (AnswerLoss & { left: number }) | undefined;
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
        counting = { ...armed, left: armed.skip };
        armed = undefined;
      }
      upstream.write(request);
    });
    client.on("end", () => upstream.end());
    upstream.on("end", () => client.end());
    upstream.on("data", (answer) => {
      if (counting === undefined || counting.left-- > 0) return void client.write(answer);
      onLost(`${counting.how} after ${counting.statement.source}, answer ${counting.skip}`);
      if (counting.how === "reset") client.resetAndDestroy();
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
