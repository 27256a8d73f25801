import { request } from "node:http";
import { createTokenVerifier } from "../../src/platform/auth/token-verifier";
import { parseTaxIdClaim } from "../../src/providers/delbank/tax-id";
import { MEMBER_ID } from "../kit/seeds/ids";
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
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const NOW = Math.floor(Date.now() / 1000);
const VALID = { sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: NOW + 3600, scope: "pix:cancel" };
const QUERY = "{ me { id benefits { id } } }";

const rs = createKey("RS256");
const ps = createKey("PS256");
const es = createKey("ES256");
const ed = createKey("EdDSA");
const notPinned = createKey("ES384");
const forEncryption = createKey("ES256", "for-encryption");
const short = createWeakKey("short");
/** Keys that no key server publishes; `impostor` has the id of a published key. */
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

const sendWith = (authorization: string, query = QUERY) =>
  subgraph.post(query, { claims: null, headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE } });
/** Valid claims with these changes; undefined ones are omitted. */
const claimsWith = (changes: Json): Json => ({ ...VALID, ...changes });

async function expectRejected(response: Response): Promise<void> {
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

describe("a valid token", () => {
  test.each([
    ["alg RS256", () => signToken(rs, VALID)],
    ["alg PS256", () => signToken(ps, VALID)],
    ["alg ES256", () => signToken(es, VALID)],
    ["alg EdDSA and Ed25519", () => signToken(ed, VALID)],
    ["the audience among several", () => signToken(es, claimsWith({ aud: ["payments", AUDIENCE] }))],
    ["an nbf within the clock tolerance", () => signToken(es, claimsWith({ nbf: Math.floor(Date.now() / 1000) + 2 }))],
    ["unknown header members", () => signToken(es, VALID, { typ: "at+jwt", x: 1 })],
  ])("with %s is accepted", async (_what, token) => {
    const response = await sendWith(`Bearer ${token()}`);
    expect(await response.json()).toMatchObject({ data: { me: { id: MEMBER_ID } } });
  });

  test("that expired within the clock tolerance is accepted", async () => {
    // A new token for each attempt: on a machine that stalls for seconds, a token may leave the tolerance before it is verified.
    const accepted = await waitFor(async () => {
      const token = signToken(es, claimsWith({ exp: Math.floor(Date.now() / 1000) - 1 }));
      const response = await sendWith(`Bearer ${token}`);
      return response.status === 200 ? response : undefined;
    });
    expect(await accepted.json()).toMatchObject({ data: { me: { id: MEMBER_ID } } });
  });

  test("is accepted with the scheme in lower case", async () => {
    expect((await sendWith(`bearer ${signToken(es, VALID)}`)).status).toBe(200);
  });
});

const pem = (type: "spki" | "pkcs1") => rs.publicKey.export({ format: "pem", type }).toString();
const FORGED: readonly (readonly [string, () => string])[] = [
  ...["none", "None", "NONE", "nOnE", ""].flatMap((alg): (readonly [string, () => string])[] => [
    [`algorithm "${alg}"`, () => createUnsignedToken(VALID, { alg, kid: es.kid })],
    [`algorithm "${alg}" with a signature`, () => signToken(es, VALID, { alg })],
  ]),
  ["no algorithm", () => signToken(es, VALID, { alg: undefined })],
  ["the public key's PEM as the secret", () => signWithSecret(pem("spki"), VALID, { kid: rs.kid })],
  [
    "the public key's PEM without its last newline as the secret",
    () => signWithSecret(pem("spki").trimEnd(), VALID, { kid: rs.kid }),
  ],
  ["the public key's PKCS#1 PEM as the secret", () => signWithSecret(pem("pkcs1"), VALID, { kid: rs.kid })],
  ["the public key's JWK as the secret", () => signWithSecret(JSON.stringify(toJwk(rs)), VALID, { kid: rs.kid })],
  [
    "the public key's DER as the secret",
    () => signWithSecret(rs.publicKey.export({ format: "der", type: "spki" }), VALID, { kid: rs.kid }),
  ],
  ["an empty secret", () => signWithSecret("", VALID, { kid: rs.kid })],
  [
    "a symmetric key from the key server",
    () => signWithSecret("a-shared-secret-of-32-characters", VALID, { kid: "symmetric" }),
  ],
  ["a published key's id and the signature of another key", () => signToken(impostor, VALID)],
  ["the algorithm of one key and the id of another", () => signToken(rs, VALID, { kid: es.kid })],
  ["RS256 padding and alg PS256", () => signToken(rs, VALID, { alg: "PS256" })],
  ["an algorithm that is not allowed and a published key", () => signToken(notPinned, VALID)],
  ["the signature of an encryption key", () => signToken(forEncryption, VALID)],
  ["the signature of an RSA key of 1024 bits", () => signToken(short, VALID)],
  ["a key id that is not a string", () => signToken(es, VALID, { kid: 1 })],
  ["an unpublished key in the header", () => signToken(attackers, VALID, { jwk: toJwk(attackers), kid: undefined })],
  [
    "an unpublished key in the header and a published key's id",
    () => signToken(attackers, VALID, { jwk: toJwk(attackers), kid: es.kid }),
  ],
  ["a jku header", () => signToken(attackers, VALID, { jku: attackersServer.url })],
  ["an x5u header", () => signToken(attackers, VALID, { x5u: attackersServer.url })],
  ["an x5c header", () => signToken(attackers, VALID, { x5c: [base64url("certificate")] })],
  ["a key id that is a URL", () => signToken(attackers, VALID, { kid: attackersServer.url })],
  ["a key id that is a path", () => signToken(attackers, VALID, { kid: "../../../../dev/null" })],
  ["a critical extension", () => signToken(es, VALID, { crit: ["exp"], exp: NOW + 60 })],
  ["an empty list of critical extensions", () => signToken(es, VALID, { crit: [] })],
  ["an unencoded payload", () => signToken(es, VALID, { b64: false, crit: ["b64"] })],
  ["an empty signature", () => signToken(es, VALID).replace(/[^.]+$/, "")],
  ["a signature that is too short", () => signToken(es, VALID).slice(0, -2)],
  ["a signature of zeros", () => signToken(es, VALID).replace(/[^.]+$/, base64url(Buffer.alloc(64)))],
  [
    "a signature with one bit changed",
    () => signToken(es, VALID).replace(/.(.{10})$/, (end, rest: string) => (end.startsWith("A") ? "B" : "A") + rest),
  ],
  [
    "a payload of another token",
    () => signToken(es, claimsWith({ sub: "u-1002" })).replace(/\.[^.]+\./, `.${base64url(JSON.stringify(VALID))}.`),
  ],
  [
    "a header of another token",
    () => signToken(es, VALID).replace(/^[^.]+/, base64url('{"alg":"ES256","kid":"ES256","typ":"x"}')),
  ],
  ["five parts", () => `${signToken(es, VALID)}.${base64url("iv")}.${base64url("tag")}`],
  ["text after it", () => `${signToken(es, VALID)} x`],
  ["a second token after a comma", () => `${signToken(es, VALID)}, Bearer ${signToken(es, VALID)}`],
  ["base64 padding", () => `${signToken(es, VALID)}==`],
  ["a payload that is not JSON", () => signToken(es, MEMBER_ID)],
  ["a payload that is not an object", () => signToken(es, JSON.stringify([MEMBER_ID]))],
  ["valid claims of more than 8 kB", () => signToken(es, claimsWith({ filler: "x".repeat(8192) }))],
  ["only dots", () => "..."],
  ["no characters", () => ""],
];
const WRONG_CLAIMS: readonly (readonly [string, Json])[] = [
  ["another issuer", { iss: "https://other.test/" }],
  ["an issuer that begins with AUTH_ISSUER", { iss: `${ISSUER}.evil.test` }],
  ["an issuer in a list", { iss: [ISSUER] }],
  ["no issuer", { iss: undefined }],
  ["another audience", { aud: "payments" }],
  ["several other audiences", { aud: ["payments", "benefits-admin"] }],
  ["an empty list of audiences", { aud: [] }],
  ["no audience", { aud: undefined }],
  ["an expiry in the past", { exp: NOW - 60 }],
  ["no expiry", { exp: undefined }],
  ["an expiry that is a string", { exp: String(NOW + 3600) }],
  ["an expiry after the last possible date", { exp: 1e300 }],
  ["null as expiry", { exp: null }],
  ["an nbf in the future", { nbf: NOW + 600 }],
  ["an nbf that is a string", { nbf: "0" }],
  ["no subject", { sub: undefined }],
  ["a number as subject", { sub: 1001 }],
  ["an object as subject", { sub: { id: MEMBER_ID } }],
  ["a list as subject", { sub: [MEMBER_ID] }],
  ["an empty subject", { sub: "" }],
  ["a subject with a control character", { sub: `${MEMBER_ID}\u0000` }],
  ["a subject with a line break", { sub: `${MEMBER_ID}\n` }],
  ["a subject with a lone surrogate", { sub: "u-\ud800" }],
  ["a subject of 300 characters", { sub: "u".repeat(300) }],
];

describe("a token", () => {
  test.each(FORGED)("with %s is rejected with 401 and no provider call", async (_what, token) =>
    expectRejected(await sendWith(`Bearer ${token()}`)),
  );
  test.each(WRONG_CLAIMS)("with %s is rejected with 401 and no provider call", async (_what, claims) =>
    expectRejected(await sendWith(`Bearer ${signToken(es, claimsWith(claims))}`)),
  );
  test.each([
    ["the Basic scheme", () => `Basic ${signToken(es, VALID)}`],
    ["no scheme", () => signToken(es, VALID)],
  ])("with %s is rejected with 401 and no provider call", async (_what, authorization) =>
    expectRejected(await sendWith(authorization())),
  );

  test("beside a second Authorization header is rejected with 401", async () => {
    const good = `Bearer ${signToken(es, VALID)}`;
    const other = `Bearer ${signToken(es, claimsWith({ sub: "u-1002" }))}`;
    for (const authorization of [
      [good, other],
      [other, good],
      [good, good],
    ]) {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = request(
          `${subgraph.url}/graphql`,
          {
            method: "POST",
            headers: { "content-type": "application/json", authorization, ...ACCEPT_GRAPHQL_RESPONSE } as never,
          },
          (response) => {
            resolve(response.resume().statusCode);
          },
        );
        sent.on("error", reject).end(JSON.stringify({ query: QUERY }));
      });
      expect(status).toBe(401);
    }
  });

  test("never makes the subgraph fetch keys from a URL in the token", () => {
    expect(attackersServer.paths).toEqual([]);
    expect(new Set(keyServer.paths)).toEqual(new Set(["/keys"]));
  });
});

describe("a token's scope and tax ID", () => {
  const cancelMutation = (
    document: string,
  ) => `mutation { cancelPixAuthorization(input: { idempotencyKey: "claims-${document}",
    recurrenceId: "RR3822485720260110legalpay001", requesterType: LEGAL, requesterDocument: "${document}",
    reason: REQUESTED_BY_PAYER }) { operation { status } userErrors { code } } }`;

  test.each([
    ["a list", ["pix:cancel"]],
    ["an object", { "pix:cancel": true }],
    ["true", true],
    ["missing", undefined],
    ["a list of longer scopes", "xpix:cancel pix:cancelx"],
  ])("a scope that is %s does not grant pix:cancel", async (_what, scope) => {
    const token = signToken(es, claimsWith({ scope, tax_id: "01234567000195" }));
    const response = await sendWith(`Bearer ${token}`, cancelMutation("01234567000195"));
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test("a tax ID with lower-case letters is read in upper case", async () => {
    const { verify } = createVerifier();
    const token = signToken(es, claimsWith({ tax_id: "12.abc.345/01de-35" }));
    expect(await verify(`Bearer ${token}`)).toMatchObject({ taxId: "12ABC34501DE35" });
  });
});

/** A verifier with a clock that a test moves, and a count of key lookups. */
function createVerifier() {
  const clock = { time: Date.now() };
  const keySource = { lookups: 0, key: es.publicKey };
  const verify = createTokenVerifier({
    keys: () => {
      keySource.lookups += 1;
      return keySource.key;
    },
    issuer: ISSUER,
    audience: AUDIENCE,
    userClaim: "sub",
    taxIdClaim: "tax_id",
    readTaxId: (claim) => parseTaxIdClaim(claim).taxId ?? undefined,
    clock: wallClockFrom(() => clock.time),
    monotonic: monotonicClockFrom(() => clock.time),
  });
  return { verify, keySource, clock };
}

describe("a verified token", () => {
  test("is verified again only after a minute", async () => {
    const { verify, keySource, clock } = createVerifier();
    const authorization = `Bearer ${signToken(es, claimsWith({}))}`;
    for (let attempt = 0; attempt < 5; attempt += 1)
      expect(await verify(authorization)).toMatchObject({ userId: MEMBER_ID });
    clock.time += 59_999;
    await verify(authorization);
    expect(keySource.lookups).toBe(1);
    clock.time += 1;
    await verify(authorization);
    expect(keySource.lookups).toBe(2);
  });

  test("is rejected within a minute after its key was withdrawn", async () => {
    const { verify, keySource, clock } = createVerifier();
    const authorization = `Bearer ${signToken(es, claimsWith({}))}`;
    await verify(authorization);
    keySource.key = createKey("ES256").publicKey;
    clock.time += 60_000;
    await expect(verify(authorization)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("is verified again when it expires, also within the minute", async () => {
    const { verify, keySource, clock } = createVerifier();
    const exp = Math.floor(clock.time / 1000) + 10;
    const authorization = `Bearer ${signToken(es, claimsWith({ exp }))}`;
    await verify(authorization);
    clock.time = exp * 1000;
    await verify(authorization); // accepted: within the tolerance of the machine's clock
    expect(keySource.lookups).toBe(2);
  });

  test("does not accept a token with another last character, which is verified at each attempt", async () => {
    const { verify, keySource } = createVerifier();
    const good = `Bearer ${signToken(es, claimsWith({}))}`;
    await verify(good);
    const last = good.at(-1) === "A" ? "Q" : "A";
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(verify(good.slice(0, -1) + last)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(keySource.lookups).toBe(3);
  });
});
