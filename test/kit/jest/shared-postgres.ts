import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { type PostgresServer, startPostgres } from "../start/postgres";

/** The path of the socket at which a suite gets the port of the run's PostgreSQL. Jest's workers inherit the variable. */
const SOCKET_VARIABLE = "TEST_POSTGRES_SOCKET";

interface SharedPostgres {
  readonly socket: Server;
  server: Promise<PostgresServer> | undefined;
}

// Jest loads the set-up and the teardown of a run as separate modules of one process.
const run = globalThis as { sharedPostgres?: SharedPostgres };

/** In the process of Jest: the first suite that connects starts the PostgreSQL of the run; each gets its port. */
export async function serveSharedPostgres(path: string): Promise<void> {
  const socket = createServer((client) => {
    client.on("error", () => undefined); // a suite that was ended while it waited
    shared.server ??= startPostgres();
    shared.server.then(
      (server) => {
        server.unref();
        client.end(`${server.port}`);
      },
      (error: unknown) => client.end(String(error)),
    );
  });
  const shared: SharedPostgres = { socket, server: undefined };
  run.sharedPostgres = shared;
  process.env[SOCKET_VARIABLE] = path;
  socket.listen(path).unref();
  await once(socket, "listening");
}

/** In the process of Jest, after the last suite. */
export async function endSharedPostgres(): Promise<void> {
  const shared = run.sharedPostgres;
  shared?.socket.close();
  const server = await shared?.server?.catch(() => undefined); // the suite that connected has reported it
  await server?.end();
}

/** In a suite: the port of the run's PostgreSQL; undefined outside of Jest. Throws if it could not be started. */
export async function findSharedPostgres(): Promise<number | undefined> {
  const path = process.env[SOCKET_VARIABLE];
  if (path === undefined) return undefined;
  const response = await text(connect(path));
  if (!/^\d+$/.test(response)) throw new Error(`the PostgreSQL of this run did not start: ${response}`);
  return Number(response);
}
