import { startTcpServer, withPort } from "./tcp-server";

/** The response to lose: one after a statement of this form. */
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
  /** Loses one response from now on. */
  arm(loss: ResponseLoss): void;
  disarm(): void;
  close(): Promise<void>;
}

/** ReadyForQuery, the end of every response, with the status "idle": no transaction is open. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export async function startResponseLossProxy(
  target: string,
  onLoss: (ending: string) => void,
): Promise<ResponseLossProxy> {
  let armed: ResponseLoss | undefined;

  const { port, close } = await startTcpServer((client, { connectTo }) => {
    const upstream = connectTo(Number(new URL(target).port));
    let pendingLoss: ResponseLoss | undefined;
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
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
      onLoss(`${pendingLoss.ending}, ${pendingLoss.when} response after ${pendingLoss.statement.source}`);
      if (pendingLoss.ending === "reset") client.resetAndDestroy();
      else client.end();
      upstream.destroy();
    });
  });
  return {
    url: withPort(target, port),
    arm: (loss) => void (armed = loss),
    disarm: () => void (armed = undefined),
    close,
  };
}
