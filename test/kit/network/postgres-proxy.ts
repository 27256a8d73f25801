import { type Socket } from "node:net";
import { startTcpServer, withPort } from "./tcp-server";

/** What is lost: the request before it reaches the server, or the response to a transaction that the server has committed. */
export type Loss = "request" | "answer";

/** A TCP proxy before PostgreSQL that cuts the connection at one statement. */
export interface PostgresProxy {
  /** The given URL with the proxy's port. */
  readonly url: string;
  /** Cuts the connection at the next statement whose text holds `text`; then refuses connections, or forwards again. */
  loseNext(loss: Loss, text: string, afterwards: "behave" | "refuse"): void;
  /** Holds the next statement whose text contains `text` back from the server, and cuts its client's connection. */
  holdNext(text: string): void;
  /** Sends the held statement to the server over its own connection. Throws if none is held. */
  forwardHeld(): void;
  /** Whether the server has answered what was forwarded: it is stored, or never will be. */
  hasForwardedResponse(): boolean;
  /** Cuts every connection and refuses new ones. */
  rejectConnections(): void;
  /** Cuts every client's connection; the server continues with the statements that it has received. */
  cutClients(): void;
  restore(): void;
  /** How many requests and responses it has lost. */
  lossCount(): number;
  close(): Promise<void>;
}

/** ReadyForQuery outside a transaction block: whatever was sent before is committed or rolled back. */
const IDLE = Buffer.from("Z\0\0\0\u0005I", "latin1");

export async function startPostgresProxy(target: string): Promise<PostgresProxy> {
  const clients = new Set<Socket>();
  let plan: { loss: Loss; text: string; afterwards: "behave" | "refuse" } | undefined;
  let isRejecting = false;
  let lossCount = 0;
  let holdText: string | undefined;
  let hasForwardedResponse = false;
  let held: { readonly upstream: Socket; readonly request: Buffer } | undefined;

  function cutClients(): void {
    for (const client of clients) client.resetAndDestroy();
  }

  function loseNow(client: Socket): void {
    isRejecting = plan?.afterwards === "refuse";
    plan = undefined;
    lossCount += 1;
    client.resetAndDestroy();
    if (isRejecting) cutClients();
  }

  const { port, close } = await startTcpServer((client, { connectTo }) => {
    if (isRejecting) return void client.resetAndDestroy();
    const upstream = connectTo(Number(new URL(target).port));
    let isArmed = false;
    clients.add(client);
    client.on("close", () => {
      clients.delete(client);
      if (held?.upstream !== upstream) upstream.end();
    });
    upstream.on("close", () => client.destroy());
    client.on("data", (request) => {
      if (holdText !== undefined && request.includes(holdText)) {
        holdText = undefined;
        held = { upstream, request };
        return void client.resetAndDestroy();
      }
      const isTargeted = plan !== undefined && request.includes(plan.text);
      isArmed ||= isTargeted;
      if (isTargeted && plan?.loss === "request") loseNow(client);
      else upstream.write(request);
    });
    upstream.on("data", (response) => {
      if (isArmed && response.includes(IDLE)) loseNow(client);
      else client.write(response);
    });
  });
  return {
    url: withPort(target, port),
    loseNext(loss, text, afterwards) {
      plan = { loss, text, afterwards };
    },
    holdNext(text) {
      holdText = text;
    },
    forwardHeld() {
      if (!held) throw new Error("nothing is held");
      held.upstream.on("data", (response) => {
        hasForwardedResponse ||= response.includes(IDLE);
      });
      held.upstream.write(held.request);
    },
    hasForwardedResponse: () => hasForwardedResponse,
    rejectConnections() {
      isRejecting = true;
      cutClients();
    },
    cutClients,
    restore() {
      isRejecting = false;
    },
    lossCount: () => lossCount,
    close,
  };
}
