import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What is lost: the request before the server sees it, or the answer to a transaction that the server has committed. */
export type Loss = "request" | "answer";

/** A TCP proxy before PostgreSQL that cuts the connection at one statement. */
export interface PostgresProxy {
  /** The given URL with the proxy's port. */
  readonly url: string;
  /** Cuts the connection at the next statement whose text holds `text`; then refuses connections, if told to, or behaves. */
  lose(loss: Loss, text: string, afterwards: "behave" | "refuse"): void;
  /** Keeps the next statement whose text holds `text` from the server, and cuts its client's connection. */
  hold(text: string): void;
  /** Sends what was held to the server, over the connection on which it came. Throws if nothing was. */
  forward(): void;
  /** Whether the server has answered what was forwarded: it is stored, or never will be. */
  wasForwardedAnswered(): boolean;
  /** Cuts every connection and refuses new ones. */
  refuse(): void;
  /** Cuts every client's connection; the server goes on with what it was sent. */
  cutClients(): void;
  behave(): void;
  /** How often it has lost what it was told to lose. */
  losses(): number;
  close(): Promise<void>;
}

/** ReadyForQuery outside a transaction block: whatever was sent before is committed or rolled back. */
const IDLE = Buffer.from("Z\0\0\0\u0005I", "latin1");

export async function createPostgresProxy(target: string): Promise<PostgresProxy> {
  const url = new URL(target);
  const targetPort = Number(url.port);
  const clients = new Set<Socket>();
  const upstreams = new Set<Socket>();
  let plan: { loss: Loss; text: string; afterwards: "behave" | "refuse" } | undefined;
  let isRefusing = false;
  let losses = 0;
  let toHold: string | undefined;
  let wasForwardedAnswered = false;
  let held: { readonly upstream: Socket; readonly request: Buffer } | undefined;

  function cutClients(): void {
    for (const client of clients) client.resetAndDestroy();
  }

  function carryOut(client: Socket): void {
    isRefusing = plan?.afterwards === "refuse";
    plan = undefined;
    losses += 1;
    client.resetAndDestroy();
    if (isRefusing) cutClients();
  }

  const server = createServer((client) => {
    if (isRefusing) return void client.resetAndDestroy();
    const upstream = connect(targetPort, url.hostname);
    let isArmed = false;
    clients.add(client);
    upstreams.add(upstream);
    for (const socket of [client, upstream]) {
      socket.unref();
      socket.on("error", () => undefined);
    }
    client.on("close", () => {
      clients.delete(client);
      if (held?.upstream !== upstream) upstream.end();
    });
    upstream.on("close", () => {
      upstreams.delete(upstream);
      client.destroy();
    });
    client.on("data", (request) => {
      if (toHold !== undefined && request.includes(toHold)) {
        toHold = undefined;
        held = { upstream, request };
        return void client.resetAndDestroy();
      }
      const isMeant = plan !== undefined && request.includes(plan.text);
      isArmed ||= isMeant;
      if (isMeant && plan?.loss === "request") carryOut(client);
      else upstream.write(request);
    });
    upstream.on("data", (answer) => {
      if (isArmed && answer.includes(IDLE)) carryOut(client);
      else client.write(answer);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    lose(loss, text, afterwards) {
      plan = { loss, text, afterwards };
    },
    hold(text) {
      toHold = text;
    },
    forward() {
      if (!held) throw new Error("nothing is held");
      held.upstream.on("data", (answer) => {
        wasForwardedAnswered ||= answer.includes(IDLE);
      });
      held.upstream.write(held.request);
    },
    wasForwardedAnswered: () => wasForwardedAnswered,
    refuse() {
      isRefusing = true;
      cutClients();
    },
    cutClients,
    behave() {
      isRefusing = false;
    },
    losses: () => losses,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of [...clients, ...upstreams]) socket.destroy();
      await closed;
    },
  };
}
