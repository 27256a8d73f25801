import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { type OwnDatabases } from "../start/databases";

const MAX_RESTARTS = 20;

function listChildren(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const [, parentPid] = /^.*\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
        return Number(parentPid) === parent;
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number);
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone already
  }
}

/**
 * `kill -9` of PostgreSQL and all its processes, like the kernel's when memory runs out: data that it has not written to the kernel
 * is lost. Linux only, because it reads /proc.
 */
export async function createPostgresCrash(databases: OwnDatabases, url: string) {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>("show data_directory");
  await client.end();
  const pidFile = `${rows[0]?.data_directory}/postmaster.pid`;
  let isDown = false;
  return {
    crash(): void {
      isDown = true;
      const postmaster = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
      for (const pid of [postmaster, ...listChildren(postmaster)]) killIfRunning(pid);
    },
    /** Restarts the server with the written data at the same URLs. Does nothing if it runs. */
    async start(): Promise<void> {
      for (let attempt = 1; isDown; attempt += 1) {
        try {
          await databases.startPostgres();
          isDown = false;
        } catch (error) {
          if (attempt === MAX_RESTARTS) throw error; // a killed process may still hold the shared memory
          await sleep(200);
        }
      }
    },
  };
}
