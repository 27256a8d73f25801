import { setTimeout as sleep } from "node:timers/promises";
import { startProgram } from "../../../test/kit/start/program";
import { freePort } from "../../../test/kit/free-port";
import { type Sandbox } from "./example";

/** A sandbox to run the example against. */
export interface FoundSandbox extends Sandbox {
  /** Whether it was started for this run only. */
  readonly isOwn: boolean;
  readonly stop: () => Promise<unknown>;
}

type Ports = Readonly<Record<"PORT" | "AVIBRA_SANDBOX_PORT" | "DELBANK_SANDBOX_PORT", string>>;

const origin = (port: string) => `http://127.0.0.1:${port}`;

async function send(url: string, request?: RequestInit): Promise<Response> {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`${new URL(url).pathname} returned the status ${response.status}.`);
  return response;
}

function controlSandbox(ports: Ports): Sandbox {
  const subgraph = origin(ports.PORT);
  const avibra = `${origin(ports.AVIBRA_SANDBOX_PORT)}/__sandbox`;
  const delbank = `${origin(ports.DELBANK_SANDBOX_PORT)}/__sandbox`;
  return {
    url: `${subgraph}/graphql`,
    async getToken(claims) {
      const response = await send(`${subgraph}/dev/token?${new URLSearchParams(claims).toString()}`);
      return ((await response.json()) as { token: string }).token;
    },
    async losingResponse(request) {
      const fault = { match: { method: "POST", path: "/automatic-pix" }, kind: "resetAfterCommit" };
      await send(`${delbank}/faults`, { method: "POST", body: JSON.stringify(fault) });
      // Without a cancellation, the fault would wait for the next one.
      return request().finally(() => send(`${delbank}/faults`, { method: "DELETE" }));
    },
    async sendingEvents(userid, receive) {
      const body = JSON.stringify({ eventname: "user_benefits_pendingswap", userid });
      const received = receive();
      const isOver = received.then(
        () => true,
        () => true,
      );
      // The subgraph can process the first event before the subscription has started.
      do await send(`${avibra}/webhooks`, { method: "POST", body });
      while (!(await Promise.race([isOver, sleep(1000, false, { ref: false })])));
      return received;
    },
  };
}

/** Whether the subgraph and both simulated providers respond. A subgraph in live mode signs no tokens. */
async function isRunning({ PORT, AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT }: Ports): Promise<boolean> {
  const urls = [
    `${origin(PORT)}/dev/token?sub=u-1001`,
    `${origin(AVIBRA_SANDBOX_PORT)}/__sandbox/faults`,
    `${origin(DELBANK_SANDBOX_PORT)}/__sandbox/faults`,
  ];
  const responses = await Promise.allSettled(urls.map((url) => send(url)));
  return responses.every(({ status }) => status === "fulfilled");
}

/** The sandbox that `npm start` runs on these ports; if none does, starts one on free ports. */
export async function findOrStartSandbox(ports: Ports): Promise<FoundSandbox> {
  if (await isRunning(ports)) return { ...controlSandbox(ports), isOwn: false, stop: () => Promise.resolve() };
  const [PORT, AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT] = (
    await Promise.all([freePort(), freePort(), freePort()])
  ).map(String) as [string, string, string];
  const own = { PORT, AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT };
  const { stop } = await startProgram(own);
  return { ...controlSandbox(own), isOwn: true, stop };
}
