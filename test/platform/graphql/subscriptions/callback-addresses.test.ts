import {
  type CallbackPolicy,
  parseCallbackTarget,
  canConnectTo,
} from "../../../../src/platform/graphql/subscriptions/callback/callback-addresses";
import {
  AddressNotAllowed,
  createCallbackClient,
} from "../../../../src/platform/graphql/subscriptions/callback/callback.client";
import { startHttpServer } from "../../../kit/http/http-server";
import { toDeliveryResult } from "../../../../src/platform/graphql/subscriptions/callback/callback-delivery";

describe("the address of a callback", () => {
  test.each([
    // address, public, allowed where hosts may be private
    ["93.184.216.34", true, true],
    ["2606:2800:220:1:248:1893:25c8:1946", true, true],
    ["10.1.2.3", false, true],
    ["172.16.0.1", false, true],
    ["172.31.255.255", false, true],
    ["172.32.0.1", true, true],
    ["192.168.1.1", false, true],
    ["100.64.0.1", false, true],
    ["127.0.0.1", false, true],
    ["127.255.255.254", false, true],
    ["::1", false, true],
    ["fd12:3456::1", false, true],
    ["::ffff:10.0.0.1", false, true],
    ["::ffff:7f00:1", false, true],
    ["169.254.169.254", false, false],
    ["::ffff:169.254.169.254", false, false],
    ["fd00:ec2::254", false, false],
    ["100.100.100.200", false, false],
    ["168.63.129.16", false, false],
    ["0.0.0.0", false, false],
    ["::", false, false],
    ["224.0.0.1", false, false],
    ["255.255.255.255", false, false],
    ["192.0.2.1", false, false],
    ["198.18.0.1", false, false],
    ["fe80::1", false, false],
    ["fe80::1%eth0", false, false],
    ["ff02::1", false, false],
    ["64:ff9b::7f00:1", false, false],
    ["2002:7f00:1::", false, false],
    ["2001:0:1::", false, false],
    ["", false, false],
    ["router", false, false],
  ])("%s may be connected to as a public host: %s, as a private host: %s", (address, asPublic, asPrivate) => {
    expect([canConnectTo(address, false), canConnectTo(address, true)]).toEqual([asPublic, asPrivate]);
  });
});

describe("a callback URL", () => {
  const policy: CallbackPolicy = {
    hosts: ["router.example.com", "other.example.com:8443", "any.example.com:*", "93.184.216.34"],
    privateHosts: ["router.internal:4000", "127.0.0.1:*", "[::1]:4000", "169.254.169.254"],
    requiresHttps: false,
  };
  test.each([
    ["https://router.example.com/callback/1", true],
    ["http://router.example.com/callback/1", true],
    ["https://ROUTER.example.com:443/", true],
    ["https://router.example.com:444/", false],
    ["https://router.example.com./", false],
    ["https://router.example.com@evil.example/", false],
    ["https://evil.example/router.example.com", false],
    ["https://evil.example#@router.example.com", false],
    ["https://evil.example\\@router.example.com", false],
    ["https://user@router.example.com/", false],
    ["https://other.example.com:8443/", true],
    ["https://other.example.com/", false],
    ["https://any.example.com:1234/", true],
    ["https://93.184.216.34/", true],
    ["http://router.internal:4000/", true],
    ["http://router.internal/", false],
    ["http://127.0.0.1:9/", true],
    ["http://0x7f000001:9/", true], // the same address
    ["http://127.1:9/", true],
    ["http://[::1]:4000/", true],
    ["http://[::1]:4001/", false],
    ["http://169.254.169.254/", false], // whatever a list says
    ["ftp://router.example.com/", false],
    ["javascript:alert(1)", false],
    ["//router.example.com/", false],
    ["", false],
  ])("%s may be called: %s", (text, mayBeCalled) => {
    expect(parseCallbackTarget(text, policy) !== undefined).toBe(mayBeCalled);
  });

  test("must have https in live mode", () => {
    const live = { ...policy, requiresHttps: true };
    expect(parseCallbackTarget("http://router.example.com/", live)).toBeUndefined();
    expect(parseCallbackTarget("https://router.example.com/", live)?.isPrivateAllowed).toBe(false);
    expect(parseCallbackTarget("https://router.internal:4000/", live)?.isPrivateAllowed).toBe(true);
  });

  test("is not allowed if no host is listed", () => {
    const none = { hosts: [], privateHosts: [], requiresHttps: false };
    expect(parseCallbackTarget("http://127.0.0.1/", none)).toBeUndefined();
  });
});

describe("the host name of a callback", () => {
  const message = { kind: "subscription", action: "check", id: "1", verifier: "v" } as const;
  const answering = (...answers: string[][]) => {
    const asked: string[] = [];
    const lookup = ((name: string, _options: unknown, callback: (...results: unknown[]) => void) => {
      const addresses = answers[Math.min(asked.push(name), answers.length) - 1] ?? [];
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    }) as never;
    return { asked, lookup };
  };

  test("is connected to at the address that was checked, with the name as its Host header", async () => {
    const hosts: (string | undefined)[] = [];
    const server = await startHttpServer((request, response) => {
      hosts.push(request.headers.host);
      response.writeHead(204).end();
    });
    const { port } = server;
    const { asked, lookup } = answering(["127.0.0.1"]);
    const client = createCallbackClient({ timeoutMs: 600_000, lookup });
    const url = new URL(`http://router.internal:${port}/`);
    expect(await client.send({ url, isPrivateAllowed: true }, message)).toBe(204);
    expect({ asked, hosts }).toEqual({ asked: ["router.internal"], hosts: [`router.internal:${port}`] });
    client.close();
    await server.close();
  });

  test.each([
    ["this machine", ["127.0.0.1"], false],
    ["the metadata server", ["169.254.169.254"], true],
    ["a public address and a private one", ["93.184.216.34", "10.0.0.1"], false],
    ["nothing", [], true],
  ])("that resolves to %s is not connected to", async (_what, addresses, mayBePrivate) => {
    const client = createCallbackClient({ timeoutMs: 600_000, lookup: answering(addresses).lookup });
    const url = new URL("http://router.example.com:1/");
    await expect(client.send({ url, isPrivateAllowed: mayBePrivate }, message)).rejects.toBeInstanceOf(
      AddressNotAllowed,
    );
    client.close();
  });

  test("that resolves to another address the next time is checked again", async () => {
    const server = await startHttpServer((_request, response) =>
      response.writeHead(204, { connection: "close" }).end(),
    );
    const { lookup } = answering(["127.0.0.1"], ["169.254.169.254"]);
    const client = createCallbackClient({ timeoutMs: 600_000, lookup });
    const url = new URL(`http://router.internal:${server.port}/`);
    expect(await client.send({ url, isPrivateAllowed: true }, message)).toBe(204);
    await expect(client.send({ url, isPrivateAllowed: true }, message)).rejects.toBeInstanceOf(AddressNotAllowed);
    client.close();
    await server.close();
  });
});

test.each([
  [200, "delivered"],
  [202, "delivered"],
  [204, "delivered"],
  [301, "rejected"],
  [307, "rejected"],
  [400, "rejected"],
  [401, "rejected"],
  [404, "rejected"],
  [408, "retry"],
  [429, "retry"],
  [500, "retry"],
  [503, "retry"],
])("a callback with the response status %s of the router is %s", (status, verdict) => {
  expect(toDeliveryResult(status)).toBe(verdict);
});
