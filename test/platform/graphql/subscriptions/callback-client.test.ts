import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createCallbackClient } from "../../../../src/platform/graphql/subscriptions/callback/callback.client";

test("a message is sent again, once and on a new connection, if the router closes the one that it is sent on", async () => {
  const sockets: Socket[] = [];
  /** Answers the first request of a connection, and closes it when the second arrives. */
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once("data", () => {
      socket.write("HTTP/1.1 204 No Content\r\n\r\n");
      socket.once("data", () => socket.destroy());
    });
    socket.on("error", () => undefined);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = createCallbackClient({ timeoutMs: 600_000 });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const send = () =>
    client.send({ url, isPrivateAllowed: true }, { kind: "subscription", action: "check", id: "1", verifier: "v" });
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    statuses.push(await send());
    await new Promise((resolve) => setImmediate(resolve)); // the connection is free
  }
  expect(statuses).toEqual([204, 204, 204, 204]);
  expect(sockets).toHaveLength(4);
  client.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});
