import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { errors } from "jose";
import { KeysUnavailable, createRemoteKeySet } from "../../src/platform/auth/remote-key-set";
import { createKey, type Key, toJwk, signToken } from "../kit/tokens/jwt";
import { type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { monotonicClockFrom } from "../kit/clocks";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const claims = () => ({ sub: "u-1001", iss: ISSUER, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 3600 });
const first = createKey("ES256", "first");
const second = createKey("RS256", "second");

let keyServer: TokenIssuer;
const auth = () => ({ AUTH_JWKS_URL: keyServer.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE });
let elsewhereAsked = 0;
let subgraph: TestSubgraph;
beforeEach(async () => {
  elsewhereAsked = 0;
  keyServer = await startTokenIssuer([toJwk(first)]);
  subgraph = await startSubgraph(auth());
});
afterEach(async () => {
  await subgraph.stop();
  await keyServer.close();
});

const send = (key: Key) =>
  subgraph.post("{ me { id } }", {
    claims: null,
    headers: { authorization: `Bearer ${signToken(key, claims())}` },
  });

test("one fetch serves many tokens, and twenty that come at once", async () => {
  const responses = await Promise.all(Array.from({ length: 20 }, () => send(first)));
  expect(responses.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
  await send(first);
  expect(keyServer.paths).toHaveLength(1);
});

test("a new key is found by the first token that names it; a withdrawn key is refused from then on", async () => {
  expect((await send(first)).status).toBe(200);
  keyServer.setKeys([toJwk(second)]);
  expect((await send(second)).status).toBe(200);
  expect((await send(first)).status).toBe(401);
});

test("500 tokens with unknown key ids cost the key server a handful of fetches, and good tokens pass meanwhile", async () => {
  const statuses: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    const flood = Array.from({ length: 10 }, () => send({ ...first, kid: randomUUID() }));
    const good = send(first);
    statuses.push(...(await Promise.all(flood)).map(({ status }) => status));
    expect((await good).status).toBe(200);
  }
  expect(statuses).toEqual(Array<number>(500).fill(401));
  expect(keyServer.paths.length).toBeLessThanOrEqual(6);
});

const elsewhere = createServer((_request, response) => response.end("{}"));
beforeAll(async () => {
  elsewhere.on("request", () => (elsewhereAsked += 1));
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
});
afterAll(() => elsewhere.close());

type Answer = Parameters<TokenIssuer["respondWith"]>[0];
/** A key set that would be right, if it were read to its end. */
const padded = (bytes: number) => `${JSON.stringify({ keys: [toJwk(first)] })}${" ".repeat(bytes)}`;
const FAULTS: readonly (readonly [string, Answer])[] = [
  ["answers 500", (_, response) => response.writeHead(500).end(padded(0))],
  ["answers 404", (_, response) => response.writeHead(404).end(padded(0))],
  ["answers with HTML", (_, response) => response.setHeader("content-type", "text/html").end("<html></html>")],
  ["answers with an empty body", (_, response) => response.end()],
  ["answers with JSON that is no key set", (_, response) => response.end('{"keys":{"kty":"EC"}}')],
  ["answers with null", (_, response) => response.end("null")],
  ["answers with a key set of half a megabyte", (_, response) => response.end(padded(2 ** 19))],
  [
    "answers with half a megabyte, packed",
    (_, response) => response.setHeader("content-encoding", "gzip").end(gzipSync(padded(2 ** 19))),
  ],
  [
    "never ends its body",
    (_, response) => {
      const timer = setInterval(() => response.write(" ".repeat(65_536)), 1);
      response.on("close", () => {
        clearInterval(timer);
      });
    },
  ],
  [
    "redirects",
    (_, response) => {
      const { port } = elsewhere.address() as AddressInfo;
      response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end();
    },
  ],
  ["hangs up", (request) => request.socket.destroy()],
  ["says nothing", () => undefined],
];

test.each(FAULTS)(
  "a key server that %s is not the caller's fault: 503, retryable; then it recovers",
  async (_, fault) => {
    keyServer.respondWith(fault);
    const refused = await send(first);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }] });
    expect(elsewhereAsked).toBe(0);

    keyServer.setKeys([toJwk(first)]);
    await new Promise((resolve) => setTimeout(resolve, 600)); // the cooldown after a failed fetch
    expect((await send(first)).status).toBe(200);
  },
);

test("a key server that does not respond delays a request no longer than the request timeout", async () => {
  await subgraph.stop();
  subgraph = await startSubgraph({ ...auth(), REQUEST_TIMEOUT_MS: "700" });
  keyServer.respondWith(() => undefined);
  const startedAt = performance.now();
  expect((await send(first)).status).toBe(503);
  expect(performance.now() - startedAt).toBeLessThan(1500); // a fetch of keys alone may take 3 s
});

test("while the key server fails, consecutive requests do not each fetch the key set", async () => {
  keyServer.respondWith((_, response) => response.writeHead(500).end());
  for (let round = 0; round < 30; round += 1) expect((await send(first)).status).toBe(503);
  expect(keyServer.paths.length).toBeLessThanOrEqual(3);
});

describe("over several hours", () => {
  const MINUTE_MS = 60_000;
  let now = 0;
  const ask = (keys: ReturnType<typeof createRemoteKeySet>, key: Key) =>
    keys({ alg: key.alg, kid: key.kid }, { payload: "", signature: "" });

  test("keys are fetched again after ten minutes", async () => {
    const keys = createRemoteKeySet(
      keyServer.url,
      monotonicClockFrom(() => now),
    );
    await ask(keys, first);
    now += 9 * MINUTE_MS;
    await ask(keys, first);
    expect(keyServer.paths).toHaveLength(1);
    now += 2 * MINUTE_MS;
    await ask(keys, first);
    expect(keyServer.paths).toHaveLength(2);
  });

  test("while the key server fails, known keys are used for an hour at most, and unknown keys are refused as `unavailable`", async () => {
    const keys = createRemoteKeySet(
      keyServer.url,
      monotonicClockFrom(() => now),
    );
    await ask(keys, first);
    keyServer.respondWith((_, response) => response.writeHead(500).end());
    now += 50 * MINUTE_MS;
    await expect(ask(keys, first)).resolves.toBeDefined();
    now += MINUTE_MS;
    await expect(ask(keys, second)).rejects.toThrow(KeysUnavailable);
    now += 20 * MINUTE_MS;
    await expect(ask(keys, first)).rejects.toThrow(KeysUnavailable);
  });

  test("after a flood of unknown key ids, one more fetch is allowed every ten seconds", async () => {
    const keys = createRemoteKeySet(
      keyServer.url,
      monotonicClockFrom(() => now),
    );
    const unknown = async () => {
      await expect(ask(keys, { ...first, kid: randomUUID() })).rejects.toThrow(errors.JWKSNoMatchingKey);
    };
    for (let round = 0; round < 20; round += 1) await unknown();
    expect(keyServer.paths).toHaveLength(1 + 3);
    now += 10_000;
    for (let round = 0; round < 20; round += 1) await unknown();
    expect(keyServer.paths).toHaveLength(1 + 4);
    now += 1000 * MINUTE_MS;
    await ask(keys, first);
    for (let round = 0; round < 20; round += 1) await unknown();
    expect(keyServer.paths).toHaveLength(1 + 4 + 1 + 3);
  });
});
