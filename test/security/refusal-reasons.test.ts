import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";
import { createKey, type Json, signToken, toJwk } from "../kit/tokens/jwt";
import { AUDIENCE, ISSUER, startTokenIssuer, type TokenIssuer } from "../kit/tokens/token-issuer";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { AUTHENTICATION_FAILURES } from "../../src/platform/auth/authentication-failure";

const SECRET = "router-secret-of-32-characters-0001";
const WRONG = "wrong-secret-canary";
const NOW = Math.floor(Date.now() / 1000);
const key = createKey("ES256");
const impostor = createKey("ES256", "ES256");
const CLAIMS = { sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: NOW + 3600 };
const token = (changes: Json, signer = key) => `Bearer ${signToken(signer, { ...CLAIMS, ...changes })}`;

let issuer: TokenIssuer;
let subgraph: TestSubgraph;
beforeAll(async () => {
  issuer = await startTokenIssuer([toJwk(key)]);
  subgraph = await startSubgraph({
    ROUTER_SECRETS: SECRET,
    AUTH_JWKS_URL: issuer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
  });
});
afterAll(async () => {
  await subgraph.stop();
  await issuer.close();
});

const metrics = async () => {
  const response = await fetch(`${subgraph.url}/metrics`, { headers: { "router-authorization": SECRET } });
  return response.text();
};
const countOf = async (reason: string) => {
  const [, count] =
    new RegExp(`^benefits_pix_authentication_failures_total\\{reason="${reason}"\\} (\\d+)$`, "m").exec(
      await metrics(),
    ) ?? [];
  return Number(count);
};
const linesOf = (reason: string) => subgraph.logs.filter((line) => line.includes(`"reason":"${reason}"`));

const send = (headers: Readonly<Record<string, string>>) =>
  fetch(`${subgraph.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...ACCEPT_GRAPHQL_RESPONSE, ...headers },
    body: JSON.stringify({ query: "{ me { id } }" }),
  });
const withToken = (authorization: string) => ({ "router-authorization": SECRET, authorization });

test("every reason has a series with 0 from the start", async () => {
  const text = await metrics();
  for (const reason of AUTHENTICATION_FAILURES)
    expect(text).toContain(`benefits_pix_authentication_failures_total{reason="${reason}"} 0\n`);
});

test.each<[string, string, Readonly<Record<string, string>>]>([
  ["router_secret_missing", "no router secret", {}],
  ["router_secret_wrong", "another router secret", { "router-authorization": WRONG }],
  ["token_malformed", "no bearer token", withToken(`Basic ${WRONG}`)],
  ["token_expired", "an expired token", withToken(token({ exp: NOW - 3600 }))],
  ["token_not_yet_valid", "a token that is valid later", withToken(token({ nbf: NOW + 3600 }))],
  ["token_audience", "a token for another audience", withToken(token({ aud: WRONG }))],
  ["token_issuer", "a token of another issuer", withToken(token({ iss: WRONG }))],
  ["token_key", "a token of another key", withToken(token({}, impostor))],
  ["token_claims", "a token without a member", withToken(token({ sub: "" }))],
])("%s is logged once for three requests with %s, and counted for each", async (reason, _what, headers) => {
  for (let n = 0; n < 3; n += 1) expect((await send(headers)).status).toBe(401);
  expect(await countOf(reason)).toBe(3);
  expect(linesOf(reason).map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ level: "info", msg: "request refused: not authenticated", reason, leftOut: 0 }),
  ]);
});

test("a webhook with wrong credentials is counted as webhook_credentials", async () => {
  const response = await fetch(`${subgraph.url}/webhooks/avibra`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`a:${WRONG}`)}` },
    body: "{}",
  });
  expect(response.status).toBe(401);
  expect(await countOf("webhook_credentials")).toBe(1);
});

test("no line holds a secret or a token", () => {
  const text = subgraph.logs.join("");
  expect(text).not.toContain(WRONG);
  expect(text).not.toContain("eyJ");
  expect(text).not.toContain(SECRET);
});
