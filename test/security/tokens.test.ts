import { request as sendRaw } from "node:http";
import { createTokenVerifier } from "../../src/platform/auth/token-verifier";
import { parseTaxIdClaim } from "../../src/providers/delbank/tax-id";
import {
  createKey,
  createWeakKey,
  base64url,
  type Json,
  createUnsignedToken,
  toJwk,
  signToken,
  signWithSecret,
} from "../kit/tokens/jwt";
import { type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { monotonicClockFrom, wallClockFrom } from "../kit/clocks";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const NOW = Math.floor(Date.now() / 1000);
const RIGHT = { sub: "u-1001", iss: ISSUER, aud: AUDIENCE, exp: NOW + 3600, scope: "pix:cancel" };
const READ = "{ me { id benefits { id } } }";

const rs = createKey("RS256");
const ps = createKey("PS256");
const es = createKey("ES256");
const ed = createKey("EdDSA");
const notPinned = createKey("ES384");
const forEncryption = createKey("ES256", "for-encryption");
const short = createWeakKey("short");
/** Keys that nobody publishes, one under a published key's id. */
const attackers = createKey("ES256", "attackers");
const impostor = createKey("ES256", "ES256");

let keyServer: TokenIssuer;
let attackersServer: TokenIssuer;
let subgraph: TestSubgraph;

beforeAll(async () => {
  keyServer = await startTokenIssuer([
    ...[rs, ps, es, ed, notPinned, short].map((key) => toJwk(key)),
    toJwk(forEncryption, { use: "enc" }),
    { kty: "oct", kid: "symmetric", k: base64url("a-shared-secret-of-32-characters") },
  ]);
  attackersServer = await startTokenIssuer([toJwk(attackers)]);
  subgraph = await startSubgraph({
    AUTH_JWKS_URL: keyServer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
  });
});
afterAll(async () => {
  await subgraph.stop();
  await keyServer.close();
  await attackersServer.close();
});

const sendWith = (authorization: string, query = READ) =>
  subgraph.post(query, { claims: null, headers: { authorization } });
/** Claims that are right but for these; undefined ones are left out. */
const but = (changes: Json): Json => ({ ...RIGHT, ...changes });

async function expectRefused(response: Response): Promise<void> {
  expect(await response.json()).toEqual({
    errors: [
      {
        message: "A valid bearer token is required.",
        extensions: { code: "UNAUTHENTICATED", retryable: false, requestId: expect.any(String) as string },
      },
    ],
  });
  expect(response.status).toBe(401);
  expect([...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())]).toEqual([]);
}

beforeEach(async () => {
  await subgraph.avibra.clearRequests();
  await subgraph.delbank.clearRequests();
});

describe("a token that is right is accepted", () => {
  test.each([
    ["RS256", () => signToken(rs, RIGHT)],
    ["PS256", () => signToken(ps, RIGHT)],
    ["ES256", () => signToken(es, RIGHT)],
    ["EdDSA with Ed25519", () => signToken(ed, RIGHT)],
    ["ours among several audiences", () => signToken(es, but({ aud: ["payments", AUDIENCE] }))],
    ["a beginning that has just not come", () => signToken(es, but({ nbf: Math.floor(Date.now() / 1000) + 2 }))],
    ["extra header members that ask for nothing", () => signToken(es, RIGHT, { typ: "at+jwt", x: 1 })],
  ])("%s", async (_what, token) => {
    const response = await sendWith(`Bearer ${token()}`);
    expect(await response.json()).toMatchObject({ data: { me: { id: "u-1001" } } });
  });

  test("an expiry that has just passed: clocks differ", async () => {
    // Signed again for each attempt: a machine that halts for seconds between signing and checking makes any token too old.
    const accepted = await waitFor(async () => {
      const token = signToken(es, but({ exp: Math.floor(Date.now() / 1000) - 1 }));
      const response = await sendWith(`Bearer ${token}`);
      return response.status === 200 ? response : undefined;
    });
    expect(await accepted.json()).toMatchObject({ data: { me: { id: "u-1001" } } });
  });

  test("whatever the case of the scheme's name", async () => {
    expect((await sendWith(`bearer ${signToken(es, RIGHT)}`)).status).toBe(200);
  });
});

const pem = (type: "spki" | "pkcs1") => rs.publicKey.export({ format: "pem", type }).toString();
const FORGED: readonly (readonly [string, () => string])[] = [
  ...["none", "None", "NONE", "nOnE", ""].flatMap((alg): (readonly [string, () => string])[] => [
    [`algorithm "${alg}"`, () => createUnsignedToken(RIGHT, { alg, kid: es.kid })],
    [`algorithm "${alg}" with a signature`, () => signToken(es, RIGHT, { alg })],
  ]),
  ["no algorithm", () => signToken(es, RIGHT, { alg: undefined })],
  ["the public key's PEM as a shared secret", () => signWithSecret(pem("spki"), RIGHT, { kid: rs.kid })],
  ["its PEM without the last newline", () => signWithSecret(pem("spki").trimEnd(), RIGHT, { kid: rs.kid })],
  ["its PKCS#1 PEM", () => signWithSecret(pem("pkcs1"), RIGHT, { kid: rs.kid })],
  ["its JWK", () => signWithSecret(JSON.stringify(toJwk(rs)), RIGHT, { kid: rs.kid })],
  ["its DER", () => signWithSecret(rs.publicKey.export({ format: "der", type: "spki" }), RIGHT, { kid: rs.kid })],
  ["an empty shared secret", () => signWithSecret("", RIGHT, { kid: rs.kid })],
  [
    "a symmetric key that the key server publishes",
    () => signWithSecret("a-shared-secret-of-32-characters", RIGHT, { kid: "symmetric" }),
  ],
  ["a published key's id with another's signature", () => signToken(impostor, RIGHT)],
  ["one key's algorithm under another key's id", () => signToken(rs, RIGHT, { kid: es.kid })],
  ["another padding than the one it names", () => signToken(rs, RIGHT, { alg: "PS256" })],
  ["an algorithm that is not pinned, with a published key", () => signToken(notPinned, RIGHT)],
  ["a key for encryption", () => signToken(forEncryption, RIGHT)],
  ["an RSA key of 1024 bits", () => signToken(short, RIGHT)],
  ["a key id that is no text", () => signToken(es, RIGHT, { kid: 1 })],
  ["the attacker's key in the header", () => signToken(attackers, RIGHT, { jwk: toJwk(attackers), kid: undefined })],
  ["the same under a published id", () => signToken(attackers, RIGHT, { jwk: toJwk(attackers), kid: es.kid })],
  ["a jku header", () => signToken(attackers, RIGHT, { jku: attackersServer.url })],
  ["an x5u header", () => signToken(attackers, RIGHT, { x5u: attackersServer.url })],
  ["an x5c header", () => signToken(attackers, RIGHT, { x5c: [base64url("certificate")] })],
  ["a key id that is the attacker's address", () => signToken(attackers, RIGHT, { kid: attackersServer.url })],
  ["a key id that is a path", () => signToken(attackers, RIGHT, { kid: "../../../../dev/null" })],
  ["an extension that it calls critical", () => signToken(es, RIGHT, { crit: ["exp"], exp: NOW + 60 })],
  ["an empty list of critical extensions", () => signToken(es, RIGHT, { crit: [] })],
  ["a payload that is not encoded", () => signToken(es, RIGHT, { b64: false, crit: ["b64"] })],
  ["a signature cut off", () => signToken(es, RIGHT).replace(/[^.]+$/, "")],
  ["a signature one byte short", () => signToken(es, RIGHT).slice(0, -2)],
  ["a signature of zeros", () => signToken(es, RIGHT).replace(/[^.]+$/, base64url(Buffer.alloc(64)))],
  [
    "a signature with one bit changed",
    () => signToken(es, RIGHT).replace(/.(.{10})$/, (end, rest: string) => (end.startsWith("A") ? "B" : "A") + rest),
  ],
  [
    "another payload under a good signature",
    () => signToken(es, but({ sub: "u-1002" })).replace(/\.[^.]+\./, `.${base64url(JSON.stringify(RIGHT))}.`),
  ],
  [
    "another header under a good signature",
    () => signToken(es, RIGHT).replace(/^[^.]+/, base64url('{"alg":"ES256","kid":"ES256","typ":"x"}')),
  ],
  ["five parts, as encrypted tokens have", () => `${signToken(es, RIGHT)}.${base64url("iv")}.${base64url("tag")}`],
  ["a space and more behind it", () => `${signToken(es, RIGHT)} x`],
  ["a second token behind a comma", () => `${signToken(es, RIGHT)}, Bearer ${signToken(es, RIGHT)}`],
  ["base64 padding", () => `${signToken(es, RIGHT)}==`],
  ["a payload that is no JSON", () => signToken(es, "u-1001")],
  ["a payload that is no object", () => signToken(es, '["u-1001"]')],
  ["more than 8 kB, although right", () => signToken(es, but({ filler: "x".repeat(8192) }))],
  ["three dots and nothing else", () => "..."],
  ["nothing", () => ""],
];
const WRONG_CLAIMS: readonly (readonly [string, Json])[] = [
  ["another issuer", { iss: "https://other.test/" }],
  ["our issuer with more behind it", { iss: `${ISSUER}.evil.test` }],
  ["our issuer in a list", { iss: [ISSUER] }],
  ["no issuer", { iss: undefined }],
  ["another audience", { aud: "payments" }],
  ["several audiences, none ours", { aud: ["payments", "benefits-admin"] }],
  ["an empty list of audiences", { aud: [] }],
  ["no audience", { aud: undefined }],
  ["an expiry that is over", { exp: NOW - 60 }],
  ["no expiry", { exp: undefined }],
  ["an expiry that is text", { exp: String(NOW + 3600) }],
  ["an expiry beyond every date", { exp: 1e300 }],
  ["no number as an expiry", { exp: null }],
  ["a beginning that has not come", { nbf: NOW + 600 }],
  ["a beginning that is text", { nbf: "0" }],
  ["no subject", { sub: undefined }],
  ["a number as subject", { sub: 1001 }],
  ["an object as subject", { sub: { id: "u-1001" } }],
  ["a list as subject", { sub: ["u-1001"] }],
  ["an empty subject", { sub: "" }],
  ["a subject with a control character", { sub: "u-1001\u0000" }],
  ["a subject with a line break", { sub: "u-1001\n" }],
  ["a subject with half a character", { sub: "u-\ud800" }],
  ["a subject of 300 characters", { sub: "u".repeat(300) }],
];

describe("a token is worth nothing, and nobody is asked anything, with", () => {
  test.each(FORGED)("%s", async (_what, token) => expectRefused(await sendWith(`Bearer ${token()}`)));
  test.each(WRONG_CLAIMS)("%s", async (_what, claims) =>
    expectRefused(await sendWith(`Bearer ${signToken(es, but(claims))}`)),
  );
  test.each([
    ["another scheme", () => `Basic ${signToken(es, RIGHT)}`],
    ["no scheme", () => signToken(es, RIGHT)],
  ])("%s", async (_what, authorization) => expectRefused(await sendWith(authorization())));

  test("a second Authorization header, whichever comes first", async () => {
    const good = `Bearer ${signToken(es, RIGHT)}`;
    const other = `Bearer ${signToken(es, but({ sub: "u-1002" }))}`;
    for (const authorization of [
      [good, other],
      [other, good],
      [good, good],
    ]) {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const request = sendRaw(
          `${subgraph.url}/graphql`,
          { method: "POST", headers: { "content-type": "application/json", authorization } as never },
          (response) => {
            resolve(response.resume().statusCode);
          },
        );
        request.on("error", reject).end(JSON.stringify({ query: READ }));
      });
      expect(status).toBe(401);
    }
  });

  test("and nothing of all this was ever looked up at an address from a token", () => {
    expect(attackersServer.paths).toEqual([]);
    expect(new Set(keyServer.paths)).toEqual(new Set(["/keys"]));
  });
});

describe("scopes and documents that a token carries", () => {
  const cancel = (document: string) => `mutation { cancelPixAuthorization(input: { idempotencyKey: "claims-${document}",
    recurrenceId: "RR3822485720260110legalpay001", requesterType: LEGAL, requesterDocument: "${document}",
    reason: REQUESTED_BY_PAYER }) { operation { status } userErrors { code } } }`;

  test.each([
    ["a list", ["pix:cancel"]],
    ["an object", { "pix:cancel": true }],
    ["true", true],
    ["nothing", undefined],
    ["other scopes that hold the word", "xpix:cancel pix:cancelx"],
  ])("a scope that is %s is no scope", async (_what, scope) => {
    const token = signToken(es, but({ scope, tax_id: "01234567000195" }));
    const response = await sendWith(`Bearer ${token}`, cancel("01234567000195"));
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test("a document's letters count alike in either case", async () => {
    const { verify } = createVerifier();
    const token = signToken(es, but({ tax_id: "12.abc.345/01de-35" }));
    expect(await verify(`Bearer ${token}`)).toMatchObject({ taxId: "12ABC34501DE35" });
  });
});

/** The verifier alone, with a clock that is moved by hand and a count of how often a key was looked up. */
function createVerifier() {
  const clock = { time: Date.now() };
  const looked = { up: 0, key: es.publicKey };
  const verify = createTokenVerifier({
    keys: () => {
      looked.up += 1;
      return looked.key;
    },
    issuer: ISSUER,
    audience: AUDIENCE,
    userClaim: "sub",
    taxIdClaim: "tax_id",
    readTaxId: (claim) => parseTaxIdClaim(claim).taxId ?? undefined,
    clock: wallClockFrom(() => clock.time),
    monotonic: monotonicClockFrom(() => clock.time),
  });
  return { verify, looked, clock };
}

describe("a token that was verified", () => {
  test("is not verified again for a minute, and then it is", async () => {
    const { verify, looked, clock } = createVerifier();
    const authorization = `Bearer ${signToken(es, but({}))}`;
    for (let ask = 0; ask < 5; ask += 1) expect(await verify(authorization)).toMatchObject({ userId: "u-1001" });
    clock.time += 59_999;
    await verify(authorization);
    expect(looked.up).toBe(1);
    clock.time += 1;
    await verify(authorization);
    expect(looked.up).toBe(2);
  });

  test("is worth nothing within a minute after its key was withdrawn", async () => {
    const { verify, looked, clock } = createVerifier();
    const authorization = `Bearer ${signToken(es, but({}))}`;
    await verify(authorization);
    looked.key = createKey("ES256").publicKey;
    clock.time += 60_000;
    await expect(verify(authorization)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("is looked at again when its own end has come, however soon that is", async () => {
    const { verify, looked, clock } = createVerifier();
    const exp = Math.floor(clock.time / 1000) + 10;
    const authorization = `Bearer ${signToken(es, but({ exp }))}`;
    await verify(authorization);
    clock.time = exp * 1000;
    await verify(authorization); // within the tolerance, by the machine's own clock
    expect(looked.up).toBe(2);
  });

  test("says nothing of another that differs in its last character, and one that was refused is verified each time", async () => {
    const { verify, looked } = createVerifier();
    const good = `Bearer ${signToken(es, but({}))}`;
    await verify(good);
    const last = good.at(-1) === "A" ? "Q" : "A";
    for (let ask = 0; ask < 2; ask += 1)
      await expect(verify(good.slice(0, -1) + last)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(looked.up).toBe(3);
  });
});
