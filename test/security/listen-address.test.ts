import dns from "node:dns";
import { type AddressInfo } from "node:net";
import { type MinimalServer, startMinimalServer } from "../kit/http/minimal-server";

/** Gives `localhost` two addresses; 127.0.0.2 stands for `::1`, which not every machine has. */
function giveLocalhostTwoAddresses(): void {
  const lookup = (host: string, options: dns.LookupOptions, done: (...result: unknown[]) => void) => {
    const names = host === "localhost" ? ["127.0.0.1", "127.0.0.2"] : [host];
    const addresses = names.map((address) => ({ address, family: 4 }));
    process.nextTick(() => {
      if (options.all) done(null, addresses);
      else done(null, names[0], 4);
    });
  };
  jest.spyOn(dns, "lookup").mockImplementation(lookup as never);
}
let subgraph: MinimalServer;
afterEach(async () => {
  jest.restoreAllMocks();
  await subgraph.stop();
});

// A second server would have connections without limits and without a place in the registry.
test("a server on a localhost with two addresses listens on the first one only", async () => {
  giveLocalhostTwoAddresses();
  subgraph = await startMinimalServer({}, "localhost");
  const { server } = subgraph.server;
  const { address, port } = server.address() as AddressInfo;
  expect(address).toBe("127.0.0.1");
  expect(subgraph.server.addresses()).toEqual([server.address()]);
  await expect(fetch(`http://127.0.0.2:${port}/health/live`)).rejects.toThrow("fetch failed");
  expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
});
