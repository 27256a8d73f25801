import { createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { type Database } from "../../../src/platform/database/open-database";
import { createLogger } from "../../../src/platform/observability/logger";
import { createPostgresTransport } from "../../../src/platform/pubsub/postgres-transport";

/** A message of PostgreSQL's wire protocol. */
function encode(type: string, body: string): Buffer {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.write(type);
  bytes.writeInt32BE(4 + body.length, 1);
  bytes.write(body, 5, "latin1");
  return bytes;
}
const READY = encode("Z", "I");
const AUTHENTICATED = Buffer.concat([encode("R", "\0\0\0\0"), READY]);
const DONE = Buffer.concat([encode("C", "OK\0"), READY]);

test("closing ends although PostgreSQL has vanished: it answers nothing, and closes nothing", async () => {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.once("data", () => {
      socket.write(AUTHENTICATED);
      socket.on("data", (data) => {
        if (data[0] === "Q".charCodeAt(0)) socket.write(DONE);
      });
    });
    socket.on("error", () => undefined);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { promise: isListening, resolve } = Promise.withResolvers<undefined>();
  const receiver = {
    onMessage: () => undefined,
    onReconnect: () => {
      resolve(undefined);
    },
  };
  const url = `postgres://user@127.0.0.1:${(server.address() as AddressInfo).port}/database`;
  const options = { database: {} as Database, url, logger: createLogger("silent"), random: Math.random };
  const transport = createPostgresTransport(options, receiver);
  await isListening;
  const [closed] = sockets.map((socket) => once(socket, "close"));
  await transport.close();
  for (const socket of sockets) socket.destroy();
  await closed;
  server.close();
});
