import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { errors } from "jose";
import { createContext } from "../../src/app/request-context";
import { KeysUnavailable, createRemoteKeySet } from "../../src/platform/auth/remote-key-set";
import { createTokenVerifier } from "../../src/platform/auth/token-verifier";
import { monotonicClock } from "../../src/platform/kernel/monotonic-clock";
import { monotonicClockFrom, wallClockFrom } from "../kit/clocks";
import { type HttpServer, startHttpServer } from "../kit/http/http-server";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph } from "../kit/start/subgraph";
import { createKey, type Key, signToken, toJwk } from "../kit/tokens/jwt";
import { AUDIENCE, ISSUER, type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { waitFor } from "../kit/wait-for";
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

const first = createKey("ES256", "first");
const second = createKey("RS256", "second");
const authorizationOf = (key: Key) => {
  const claims = { sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 3600 };
  return `Bearer ${signToken(key, claims)}`;
};

const issuers: TokenIssuer[] = [];
let elsewhere: HttpServer;
let elsewhereRequests = 0;
beforeAll(async () => {
  elsewhere = await startHttpServer((_request, response) => {
    elsewhereRequests += 1;
    response.end("{}");
  });
});
afterAll(async () => {
  await elsewhere.close();
  await Promise.all(issuers.map((issuer) => issuer.close()));
});

/** A key server with the first key, and a verifier that uses it, whose clock the test moves. */
async function startVerifier() {
  const keyServer = await startTokenIssuer([toJwk(first)]);
  issuers.push(keyServer);
  let now = 0;
  const monotonic = monotonicClockFrom(() => now);
  const verify = createTokenVerifier({
    keys: createRemoteKeySet(keyServer.url, monotonic),
    issuer: ISSUER,
    audience: AUDIENCE,
    userClaim: "sub",
    taxIdClaim: "tax_id",
    readTaxId: () => undefined,
    clock: wallClockFrom(Date.now),
    monotonic,
  });
  return {
    keyServer,
    advance: (ms: number) => void (now += ms),
    /** The user id of a new token of this key, or the code of the error. */
    verify: (key: Key) =>
      verify(authorizationOf(key)).then(
        (caller) => caller?.userId,
        (error: unknown) => (error as { readonly code?: string }).code,
      ),
  };
}

test("one fetch of the key set serves many tokens, and twenty at once", async () => {
  const { keyServer, verify } = await startVerifier();
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(first)));
  expect([...outcomes, await verify(first)]).toEqual(Array(21).fill(MEMBER_ID));
  expect(keyServer.paths).toHaveLength(1);
});

test("a new key is found by the first token that names it; a withdrawn key is refused from then on", async () => {
  const { keyServer, verify } = await startVerifier();
  expect(await verify(first)).toBe(MEMBER_ID);
  keyServer.setKeys([toJwk(second)]);
  expect([await verify(second), await verify(first)]).toEqual([MEMBER_ID, "UNAUTHENTICATED"]);
});

test("500 tokens with unknown key ids cost the key server three more fetches, and good tokens pass meanwhile", async () => {
  const { keyServer, verify } = await startVerifier();
  const outcomes: unknown[] = [];
  for (let round = 0; round < 50; round += 1) {
    const flood = Array.from({ length: 10 }, () => verify({ ...first, kid: randomUUID() }));
    expect(await verify(first)).toBe(MEMBER_ID);
    outcomes.push(...(await Promise.all(flood)));
  }
  expect(outcomes).toEqual(Array(500).fill("UNAUTHENTICATED"));
  expect(keyServer.paths).toHaveLength(1 + 3);
});

type Handler = Parameters<TokenIssuer["respondWith"]>[0];
/** A key set that would be right, if it were read to its end. */
const padded = (bytes: number) => `${JSON.stringify({ keys: [toJwk(first)] })}${" ".repeat(bytes)}`;
const FAULTS: readonly (readonly [string, Handler])[] = [
  ["answers 500", (_, response) => response.writeHead(500).end(padded(0))],
  ["answers 404", (_, response) => response.writeHead(404).end(padded(0))],
  ["answers with HTML", (_, response) => response.setHeader("content-type", "text/html").end("<html></html>")],
  ["answers with an empty body", (_, response) => response.end()],
  ["answers with JSON that is not a key set", (_, response) => response.end('{"keys":{"kty":"EC"}}')],
  ["answers with null", (_, response) => response.end("null")],
  ["answers with a key set of half a megabyte", (_, response) => response.end(padded(2 ** 19))],
  [
    "answers with half a megabyte, compressed",
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
      response.writeHead(302, { location: `${elsewhere.url}/` }).end();
    },
  ],
  ["closes the connection", (request) => request.socket.destroy()],
  ["never responds", () => undefined],
];

describe("a key server", () => {
  /** What a verifier says of a good token: during the fault, and afterwards. */
  const outcomes = new Map<string, readonly unknown[]>();
  beforeAll(async () => {
    const verifiers = FAULTS.map(async ([what, fault]) => {
      const verifier = await startVerifier();
      verifier.keyServer.respondWith(fault);
      return { what, ...verifier, during: await verifier.verify(first) };
    });
    // One after the other: what must succeed does not share the machine with what waits for its timeout.
    for (const { what, keyServer, advance, verify, during } of await Promise.all(verifiers)) {
      keyServer.setKeys([toJwk(first)]);
      advance(500); // the cooldown after a failed fetch
      outcomes.set(what, [during, await verify(first)]);
    }
  });

  test.each(FAULTS)("that %s makes a good token UNAVAILABLE, and valid again once it responds", (what) => {
    expect(outcomes.get(what)).toEqual(["UNAVAILABLE", MEMBER_ID]);
    expect(elsewhereRequests).toBe(0);
  });

  test("that fails makes a request fail with 503, retryable, and succeed once it responds", async () => {
    const keyServer = await startTokenIssuer([toJwk(first)]);
    issuers.push(keyServer);
    keyServer.failWith("no");
    const subgraph = await startSubgraph({
      AUTH_JWKS_URL: keyServer.url,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
    });
    try {
      const send = () =>
        subgraph.post("{ me { id } }", {
          claims: null,
          headers: { authorization: authorizationOf(first), ...ACCEPT_GRAPHQL_RESPONSE },
        });
      const refused = await send();
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({
        errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }],
      });
      keyServer.failWith(undefined);
      await waitFor(async () => ((await send()).status === 200 ? true : undefined));
    } finally {
      await subgraph.stop();
    }
  });

  test("that fails gets no second fetch within half a second, however many tokens arrive", async () => {
    const { keyServer, advance, verify } = await startVerifier();
    keyServer.failWith("no");
    for (let round = 0; round < 30; round += 1) expect(await verify(first)).toBe("UNAVAILABLE");
    advance(499);
    await verify(first);
    expect(keyServer.paths).toHaveLength(1);
    advance(1);
    await verify(first);
    expect(keyServer.paths).toHaveLength(2);
  });
});

test("a verification that never ends delays a request no longer than the request timeout", async () => {
  const services = { verifyToken: () => new Promise(() => undefined), monotonic: monotonicClock, requestTimeoutMs: 1 };
  const context = createContext(
    { id: "request", headers: { authorization: "Bearer a.b.c" } },
    {} as never,
    services as never,
  );
  await expect(context).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

describe("over several hours", () => {
  let keyServer: TokenIssuer;
  beforeEach(async () => {
    keyServer = await startTokenIssuer([toJwk(first)]);
    issuers.push(keyServer);
  });

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
    await waitFor(() => keyServer.paths.length === 2 || undefined);
  });

  test("a key server that hangs delays no token whose key is at hand", async () => {
    const keys = createRemoteKeySet(
      keyServer.url,
      monotonicClockFrom(() => now),
    );
    await ask(keys, first);
    let hasGivenUp = false;
    keyServer.respondWith((_request, response) => {
      response.once("close", () => (hasGivenUp = true));
    });
    now += 11 * MINUTE_MS;
    await ask(keys, first);
    expect(keyServer.paths).toHaveLength(1); // the next request is still on its way
    await waitFor(() => hasGivenUp || undefined);
    now += 15 * MINUTE_MS;
    await ask(keys, first);
    expect(keyServer.paths).toHaveLength(2);
  });

  test("a withdrawn key is refused after a quiet half hour", async () => {
    const keys = createRemoteKeySet(
      keyServer.url,
      monotonicClockFrom(() => now),
    );
    await ask(keys, first);
    keyServer.setKeys([toJwk(second)]);
    now += 30 * MINUTE_MS;
    await expect(ask(keys, first)).rejects.toThrow(errors.JWKSNoMatchingKey);
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
