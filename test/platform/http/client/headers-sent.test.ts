import { createSecureServer } from "node:http2";
import { once } from "node:events";
import { type AddressInfo, type Socket } from "node:net";
import { type TlsOptions } from "node:tls";
import axios from "axios";
import { z } from "zod";
import { type HttpClient } from "../../../../src/platform/http/client/http-client";
import { path } from "../../../../src/platform/http/client/path";
import { type EndpointCall } from "../../../../src/platform/http/client/endpoint-call";
import { ProviderFailure } from "../../../../src/platform/http/client/provider-failure";
import { createTransport } from "../../../../src/platform/http/client/undici-transport";
import {
  type BreakingServer,
  isCompleteRequest,
  OK_RESPONSE,
  type OnBytes,
  startBreakingServer,
} from "../../../kit/network/breaking-server";
import { createCertificateAuthority } from "../../../kit/certificates";
import { holdTimeouts, releaseTimeouts } from "../../../kit/clocks";
import { createTestHttpClient } from "../../../kit/http/test-http-client";

/** No call ends by its timeout, unless the test advances it to it. */
const TIMEOUT_MS = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Larger than what the sockets between client and server take at once. */
const LARGE = "x".repeat(8_000_000);

let authority: Awaited<ReturnType<typeof createCertificateAuthority>>;
let otherAuthority: Awaited<ReturnType<typeof createCertificateAuthority>>;
let identity: TlsOptions;
const servers: { close(): unknown }[] = [];
const clients: HttpClient[] = [];
beforeAll(async () => {
  authority = await createCertificateAuthority("authority");
  otherAuthority = await createCertificateAuthority("other authority");
  identity = await authority.issue("provider");
});
afterEach(async () => {
  releaseTimeouts();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) server.close();
});

const post = (more: Partial<EndpointCall<boolean>> = {}): EndpointCall<boolean> => ({
  name: "provider.thing.change",
  method: "POST",
  path: path`/change`,
  repeat: "once",
  timeoutMs: HOUR_MS,
  body: { json: { change: true } },
  response: z.boolean(),
  ...more,
});
const GUARD = {
  concurrency: 8,
  queueLength: 100,
  minCalls: 1000,
  failurePercent: 50,
  slowCallMs: HOUR_MS,
  openMs: 1000,
};
const deadline = { remainingMs: () => HOUR_MS };

async function start(tls?: TlsOptions): Promise<BreakingServer> {
  const server = await startBreakingServer(tls);
  servers.push(server);
  return server;
}

function open(baseUrl: string, more: Partial<Parameters<typeof createTestHttpClient>[0]> = {}): HttpClient {
  const client = createTestHttpClient({ baseUrl, tls: { ca: authority.cert }, connectTimeoutMs: HOUR_MS, ...more });
  clients.push(client);
  return client;
}

async function failureOf(client: HttpClient, call = post()): Promise<ProviderFailure> {
  const failure = await client.call(call, deadline).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof ProviderFailure)) throw new Error("the call did not fail");
  return failure;
}

const countPosts = ({ received }: BreakingServer) => received.join("").match(/POST/g)?.length ?? 0;

/** The failure of a call whose timeout ends when the server has received its request and does not respond. */
async function timeoutOf(client: HttpClient, server: BreakingServer): Promise<ProviderFailure> {
  const postsBefore = countPosts(server);
  const timeouts = holdTimeouts();
  const failing = failureOf(client, post({ timeoutMs: TIMEOUT_MS }));
  await timeouts.until(() => countPosts(server) > postsBefore);
  await timeouts.advance(TIMEOUT_MS);
  const failure = await failing;
  releaseTimeouts();
  return failure;
}

describe("a request whose connection fails before its headers are sent was not received:", () => {
  const OLD_TLS: TlsOptions = { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" };
  const ALERT = Buffer.from([0x15, 3, 3, 0, 2, 2, 40]); // fatal, handshake_failure
  const afterHello = (then: (socket: Socket) => void) => (socket: Socket) => {
    socket.once("data", () => {
      then(socket);
    });
  };
  const days = (from: number, to: number) => ({
    notBefore: new Date(Date.now() + from * DAY_MS),
    notAfter: new Date(Date.now() + to * DAY_MS),
  });

  test.each([
    ["refused", "http://127.0.0.1:1"],
    ["refused, with TLS", "https://127.0.0.1:1"],
    ["no route", "http://255.255.255.255:80"],
    ["a name that does not resolve", `http://${"a".repeat(64)}.invalid`],
  ])("%s", async (_how, url) => {
    expect(await failureOf(open(url))).toMatchObject({ kind: "unreachable", maybeReceived: false });
  });

  const handshakes: readonly (readonly [string, (socket: Socket) => void])[] = [
    ["a reset at once", (socket) => socket.resetAndDestroy()],
    ["a reset after the client's hello", afterHello((socket) => socket.resetAndDestroy())],
    ["a FIN after the client's hello", afterHello((socket) => socket.end())],
    ["a TLS alert", afterHello((socket) => socket.end(ALERT))],
    ["an answer that is not TLS", afterHello((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))],
    ["half a TLS record, then a FIN", afterHello((socket) => socket.end(Buffer.from([0x16, 3, 3, 0, 200, 2])))],
  ];
  describe.each(handshakes)("in the TLS handshake, %s", (_how, handshake) => {
    test("on the first connection", async () => {
      const server = await start(identity);
      server.setConnectionHandler(handshake);
      const failure = await failureOf(open(`https://127.0.0.1:${server.port}`));
      expect(failure).toMatchObject({ kind: "unreachable", maybeReceived: false });
      expect(server.received.join("")).toBe("");
    });

    test("on the connection that replaces one that was closed while idle", async () => {
      const server = await start(identity);
      const client = open(`https://127.0.0.1:${server.port}`);
      await expect(client.call(post(), deadline)).resolves.toBe(true);
      await server.endConnections();
      server.setConnectionHandler(handshake);
      expect(await failureOf(client)).toMatchObject({ kind: "unreachable", maybeReceived: false });
      expect(countPosts(server)).toBe(1);
    });
  });

  const certificates: readonly (readonly [string, string, () => Promise<TlsOptions>])[] = [
    ["a TLS version that is too old", "127.0.0.1", () => Promise.resolve({ ...identity, ...OLD_TLS })],
    ["a certificate that has expired", "127.0.0.1", () => authority.issue("provider", days(-2, -1))],
    ["a certificate that is not valid yet", "127.0.0.1", () => authority.issue("provider", days(1, 2))],
    ["a certificate of an unknown authority", "127.0.0.1", () => otherAuthority.issue("provider")],
    ["a certificate for another host", "localhost", () => Promise.resolve(identity)],
  ];
  test.each(certificates)("%s (%s)", async (_how, host, tls) => {
    const server = await start(await tls());
    const failure = await failureOf(open(`https://${host}:${server.port}`));
    expect(failure).toMatchObject({ kind: "unreachable", maybeReceived: false });
    expect(server.received.join("")).toBe("");
  });

  test("a handshake that does not end within the connect timeout", async () => {
    const server = await start(identity);
    server.setConnectionHandler(() => undefined);
    const failure = await failureOf(open(`https://127.0.0.1:${server.port}`, { connectTimeoutMs: 200 }));
    expect(failure).toMatchObject({ kind: "timeout", maybeReceived: false });
  });

  test("a handshake that ends after the call's timeout, whereupon nothing is sent", async () => {
    const server = await start(identity);
    let held: Socket | undefined;
    server.setConnectionHandler((socket) => (held = socket));
    const client = open(`https://127.0.0.1:${server.port}`);
    const failure = await failureOf(client, post({ timeoutMs: 300 }));
    expect(failure).toMatchObject({ kind: "timeout", maybeReceived: false });
    held?.destroy();
    server.setConnectionHandler(undefined);
    await expect(client.call(post(), deadline)).resolves.toBe(true);
    expect(countPosts(server)).toBe(1);
  });
});

describe("a request whose connection fails after its headers are sent may have been received:", () => {
  const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n";
  const end =
    (how: "reset" | "fin"): OnBytes =>
    (connection) => {
      connection[how]();
    };
  const afterBody = (then: OnBytes): OnBytes => {
    return (connection, text) => {
      if (isCompleteRequest(text)) then(connection, text);
    };
  };
  const writing = (text: string, how: "fin" | "reset"): OnBytes =>
    afterBody((connection) => {
      connection.write(text);
      setImmediate(() => {
        connection[how]();
      });
    });
  const rows: readonly (readonly [how: string, kind: string, onBytes: OnBytes])[] = [
    ["a reset at the first byte", "unreachable", end("reset")],
    ["a FIN at the first byte", "unreachable", end("fin")],
    ["a reset after the body", "unreachable", afterBody(end("reset"))],
    ["a FIN after the body", "unreachable", afterBody(end("fin"))],
    ["no answer", "timeout", () => undefined],
    ["a reset in the answer's head", "unreachable", writing("HTTP/1.1 200 OK\r\nContent-Le", "reset")],
    ["a FIN in the answer's head", "unreachable", writing("HTTP/1.1 200 OK\r\nContent-Le", "fin")],
    // A reset may discard what was written before it, so that no part of the answer is seen.
    ["a reset in the answer's body", "unreadable or unreachable", writing(`${HEAD}tr`, "reset")],
    ["a FIN in the answer's body", "unreadable", writing(`${HEAD}tr`, "fin")],
    ["an answer that is not HTTP", "unreadable", writing("hello\r\n\r\n", "fin")],
  ];

  describe.each([
    ["plain", "http"],
    ["TLS", "https"],
  ] as const)("%s", (_transport, scheme) => {
    const startServer = () => start(scheme === "https" ? identity : undefined);

    test.each(rows)("%s (%s), on a fresh connection", async (_how, kind, onBytes) => {
      const server = await startServer();
      server.onBytes(onBytes);
      const client = open(`${scheme}://127.0.0.1:${server.port}`);
      const failure = await (kind === "timeout" ? timeoutOf(client, server) : failureOf(client));
      expect(failure.maybeReceived).toBe(true);
      expect(kind.split(" or ")).toContain(failure.kind);
      expect(countPosts(server)).toBe(1);
    });

    test.each(rows)("%s (%s), on a connection that was used before", async (_how, kind, onBytes) => {
      const server = await startServer();
      const client = open(`${scheme}://127.0.0.1:${server.port}`, { guard: { ...GUARD, concurrency: 1 } });
      await expect(client.call(post(), deadline)).resolves.toBe(true);
      server.onBytes(onBytes);
      const failure = await (kind === "timeout" ? timeoutOf(client, server) : failureOf(client));
      expect(failure.maybeReceived).toBe(true);
      expect(kind.split(" or ")).toContain(failure.kind);
      expect(server.received).toHaveLength(1); // the same connection
      expect(countPosts(server)).toBe(2);
    });

    test.each(["reset", "fin"] as const)("a %s in the middle of the body", async (how) => {
      const server = await startServer();
      server.onBytes(end(how));
      const failure = await failureOf(open(`${scheme}://127.0.0.1:${server.port}`), post({ body: { json: LARGE } }));
      expect(failure).toMatchObject({ maybeReceived: true });
      expect(server.received.join("").length).toBeLessThan(LARGE.length);
    });

    test("a connection that was closed while idle is replaced: one request is received, and answered", async () => {
      const server = await startServer();
      const client = open(`${scheme}://127.0.0.1:${server.port}`);
      await expect(client.call(post(), deadline)).resolves.toBe(true);
      await server.endConnections();
      await expect(client.call(post(), deadline)).resolves.toBe(true);
      expect(server.received.map((text) => text.match(/POST/g)?.length)).toEqual([1, 1]);
    });
  });

  test.each([
    ["TLSv1.2", false], // refused within the handshake
    ["TLSv1.3", true], // the client's side of the handshake is complete before the server looks at the certificate
  ] as const)("a client certificate demanded over %s: %s", async (version, maybeReceived) => {
    const demands = { requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version };
    const server = await start({ ...identity, ...demands });
    expect(await failureOf(open(`https://127.0.0.1:${server.port}`))).toMatchObject({ maybeReceived });
    expect(server.received.join("")).toBe("");
  });
});

describe("whether a request may have been received is known for each request:", () => {
  test("of many simultaneous ones on one pool, exactly those that the server received", async () => {
    const server = await start(identity);
    server.onBytes((connection, text) => {
      const index = Number(/POST \/change-(\d+)/.exec(text)?.[1]);
      if (index % 2 === 0) connection.reset();
      else if (isCompleteRequest(text)) connection.write(OK_RESPONSE);
    });
    const client = open(`https://127.0.0.1:${server.port}`, { guard: { ...GUARD, concurrency: 8 } });
    let connections = 0;
    server.setConnectionHandler((socket) => {
      connections += 1;
      if (connections % 2 === 0) socket.resetAndDestroy();
      else server.relay(socket);
    });
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async (_value, index) => {
        const call = post({ path: path`/change-${String(index)}` });
        const failure = await client.call(call, deadline).catch((error: unknown) => error as ProviderFailure);
        return failure instanceof ProviderFailure ? failure.maybeReceived : true;
      }),
    );
    const text = server.received.join("");
    const wereReceived = outcomes.map((_sent, index) => text.includes(`POST /change-${index} `));
    expect(outcomes).toEqual(wereReceived);
    expect(outcomes.filter(Boolean).length).toBeGreaterThan(10);
    expect(outcomes.filter((sent) => !sent).length).toBeGreaterThan(10);
  });

  test("one that is aborted in the queue of a full pool was not sent, and stays unsent when a connection is free", async () => {
    const server = await start();
    const transport = createTransport({
      baseUrl: `http://127.0.0.1:${server.port}`,
      connections: 1,
      connectTimeoutMs: HOUR_MS,
      maxBodyBytes: 1000,
    });
    servers.push({ close: () => transport.close() });
    const heads: string[] = [];
    const send = (url: string, signal?: AbortSignal) =>
      axios.post(url, "{}", { adapter: transport.createAdapter(() => heads.push(url)), ...(signal && { signal }) });
    let answer: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => {
      server.onBytes((connection, text) => {
        if (!isCompleteRequest(text)) return;
        answer = () => {
          connection.write(OK_RESPONSE);
        };
        resolve();
      });
    });
    const first = send("/first");
    await isHeld;
    const patience = new AbortController();
    const second = send("/second", patience.signal);
    patience.abort();
    server.onBytes((connection, text) => {
      if (isCompleteRequest(text)) connection.write(OK_RESPONSE);
    });
    answer();
    await expect(second).rejects.toThrow();
    await first;
    await send("/third");
    expect(heads).toEqual(["/first", "/third"]);
    expect(server.received.join("")).not.toContain("/second");
  });

  test("one whose deadline ends while it is queued was not sent", async () => {
    const server = await start();
    const client = open(`http://127.0.0.1:${server.port}`, { guard: { ...GUARD, concurrency: 1 } });
    server.onBytes(() => undefined);
    const timeouts = holdTimeouts();
    const first = failureOf(client, post({ timeoutMs: TIMEOUT_MS }));
    await timeouts.until(() => countPosts(server) === 1);
    const second = client
      .call(post({ path: path`/second` }), { remainingMs: () => 300 })
      .catch((error: unknown) => error);
    await timeouts.advance(300);
    expect(await second).toMatchObject({ maybeReceived: false });
    await timeouts.advance(TIMEOUT_MS);
    expect(await first).toMatchObject({ maybeReceived: true });
    expect(server.received.join("")).not.toContain("/second");
  });
});

test("the HTTP client does not offer HTTP/2, on which undici sends a request again by itself", async () => {
  const { cert, key } = await authority.issue("provider");
  const seen: string[] = [];
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    seen.push(`${request.httpVersion} ${request.method}`);
    if (request.httpVersion === "2.0")
      response.stream.close(7); // REFUSED_STREAM
    else response.end("true");
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const client = open(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect(client.call(post(), deadline)).resolves.toBe(true);
  expect(seen).toEqual(["1.1 POST"]);
});
