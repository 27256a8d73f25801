import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type HostCommand, type HostReport } from "./postgres-host";
import { spawnTypeScript } from "./typescript";

/** A PostgreSQL server with its files in a temporary directory. */
export interface PostgresServer {
  readonly port: number;
  /** Stops the server, as a restart does: connections are cut, new ones refused, data remains. */
  stop(): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
  /** Does not keep this process alive: the server is no part of the suite that starts it. */
  unref(): void;
  /** Ends the server and deletes its files. */
  end(): Promise<void>;
}

/** Starts a server in about two seconds. `isSynced`: it flushes commits to the disk, as in production. */
export async function startPostgres({ isSynced = false } = {}): Promise<PostgresServer> {
  const host = spawnTypeScript(join(__dirname, "postgres-host.ts"), isSynced ? ["synced"] : []);
  const port = await sendCommand(host, "start");
  return {
    port,
    async stop() {
      await sendCommand(host, "stop");
    },
    async start() {
      await sendCommand(host, "start");
    },
    unref() {
      host.unref();
      host.channel?.unref();
    },
    async end() {
      if (host.exitCode !== null) return;
      host.ref();
      const ended = once(host, "exit");
      host.disconnect();
      await ended;
    },
  };
}

async function sendCommand(host: ChildProcess, command: HostCommand): Promise<number> {
  const controller = new AbortController();
  const reported = Promise.race(["message", "exit"].map((event) => once(host, event, { signal: controller.signal })));
  host.send(command);
  const [report] = (await reported) as [HostReport | number];
  controller.abort(); // the other listener goes too: a server may be stopped and started any number of times
  if (typeof report === "number" || report.state === "failed") throw new Error(`PostgreSQL: ${JSON.stringify(report)}`);
  return report.state === "started" ? report.port : 0;
}
