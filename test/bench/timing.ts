import { randomBytes } from "node:crypto";
import { freePort } from "../kit/free-port";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type RunningProgram, startProgram } from "../kit/start/program";
import { base64url, createKey, type Json, signToken, toJwk } from "../kit/tokens/jwt";
import { AUDIENCE, ISSUER, startTokenIssuer } from "../kit/tokens/token-issuer";
import { formatCheck, row } from "./figures";
import { createProbe, measureTimingLeakMs, type Probe } from "./timing-leak";

const SECRET = "s".repeat(64);
const OTHER_SECRET = "t".repeat(64);
const UNKNOWN_OPERATION = "00000000-0000-4000-8000-000000000000";
/** What the self-check adds to one of two equal requests. */
const PLANTED_LEAK_MS = 0.35;

type Pair = readonly [name: string, first: Probe, second: Probe];

function createPairs(url: string, theirOperation: string, key: ReturnType<typeof createKey>): readonly Pair[] {
  const now = Math.floor(Date.now() / 1000);
  const claims: Json = { sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: now + 3600 };
  const query = "{ me { id } }";
  const withSecret = (secret: string) =>
    createProbe(url, { query, status: 401, headers: { "router-authorization": secret } });
  const withToken = (token: string, asked = query, status = 401) =>
    createProbe(url, {
      query: asked,
      status,
      headers: { "router-authorization": SECRET, authorization: `Bearer ${token}` },
    });
  const valid = signToken(key, claims);
  const withSignature = (signature: Buffer) => withToken(valid.replace(/[^.]+$/, base64url(signature)));
  const lastBit = Buffer.from(valid.split(".")[2] ?? "", "base64url");
  lastBit.writeUInt8(lastBit.readUInt8(63) ^ 1, 63);
  const forged = withSignature(randomBytes(64));

  const strangerClaims: Json = { ...claims, sub: "u-1003", tax_id: "01234567000195", scope: "pix:cancel" };
  const stranger = signToken(key, strangerClaims);
  const withoutSubject: Json = { ...claims, sub: undefined };
  const compare = (name: string, toQuery: (id: string) => string, existing: string, unknown: string): Pair => [
    name,
    withToken(stranger, toQuery(existing), 200),
    withToken(stranger, toQuery(unknown), 200),
  ];
  return [
    ["characters of the router's secret", withSecret("x".repeat(64)), withSecret(`${"s".repeat(63)}x`)],
    ["which of two secrets", withSecret(`${"s".repeat(63)}x`), withSecret(`${"t".repeat(63)}x`)],
    ["length of the secret", withSecret("x".repeat(64)), withSecret("x")],
    ["bytes of a signature", forged, withSignature(lastBit)],
    ["signature of an expired token", forged, withToken(signToken(key, { ...claims, exp: now - 60 }))],
    [
      "which claim is wrong",
      withToken(signToken(key, { ...claims, aud: "x" })),
      withToken(signToken(key, withoutSubject)),
    ],
    compare("another member", (id) => `{ user(id: "${id}") { benefits { id } } }`, MEMBER_ID, "u-9999"),
    compare(
      "another's authorization",
      (id) => `{ pixAuthorization(recurrenceId: "${id}") { status } }`,
      RECURRENCE_ID,
      "RR0435879820240605nobodyknows",
    ),
    compare(
      "another member to be changed",
      (id) =>
        `mutation { updateUser(input: { idempotencyKey: "timing", userId: "${id}", lastName: "X" }) { userErrors { code } } }`,
      MEMBER_ID,
      "u-9999",
    ),
    compare("another's operation", (id) => `{ operation(id: "${id}") { status } }`, theirOperation, UNKNOWN_OPERATION),
  ];
}

async function createOperation(program: RunningProgram, key: ReturnType<typeof createKey>): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims: Json = { sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp };
  const token = signToken(key, claims);
  const mutation = `mutation { updateUser(input: { idempotencyKey: "own", userId: "${MEMBER_ID}", lastName: "Own" }) { operation { id } } }`;
  const headers = { "router-authorization": SECRET, authorization: `Bearer ${token}` };
  const { data } = await program.graphql(mutation, { claims: null, headers });
  return data.updateUser.operation.id as string;
}

function spin(ms: number): void {
  for (const endsAt = performance.now() + ms; performance.now() < endsAt;);
}

/** A leak of `PLANTED_LEAK_MS` must be found: otherwise "none" in the rows above means nothing. */
async function checkMeasurement([, plain]: Pair): Promise<void> {
  const slow = async () => {
    spin(PLANTED_LEAK_MS);
    await plain();
  };
  const foundMs = await measureTimingLeakMs(plain, slow);
  console.log(row(`planted: ${PLANTED_LEAK_MS} ms`, `${foundMs.toFixed(2)} ms`, formatCheck("found", foundMs > 0)));
}

/** Whether response times reveal what a caller must not know. */
export async function timing(): Promise<void> {
  const key = createKey("ES256");
  const keyServer = await startTokenIssuer([toJwk(key)]);
  const program = await startProgram({
    AVIBRA_SANDBOX_PORT: `${await freePort()}`,
    DELBANK_SANDBOX_PORT: `${await freePort()}`,
    ROUTER_SECRETS: `${SECRET},${OTHER_SECRET}`,
    AUTH_JWKS_URL: keyServer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    LOG_LEVEL: "silent",
  });
  try {
    const pairs = createPairs(program.url, await createOperation(program, key), key);
    console.log(row("\ntiming: what the response could reveal", "difference", "none"));
    for (const [name, first, second] of pairs) {
      const leakMs = await measureTimingLeakMs(first, second);
      console.log(row(name, `${leakMs.toFixed(2)} ms`, formatCheck(leakMs === 0 ? "yes" : "NO", leakMs === 0)));
    }
    if (pairs[0]) await checkMeasurement(pairs[0]);
  } finally {
    await program.stop();
    await keyServer.close();
  }
}
