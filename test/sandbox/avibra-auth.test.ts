import { MEMBER_ID } from "../kit/seeds/ids";
import { send, useSandboxes } from "./vendor-clients";

const { avibra } = useSandboxes();
const UNAUTHORIZED = { errorcode: "401", errormessage: "unauthorized" };

describe("Avibra's token endpoint", () => {
  test("issues a bearer token for an hour with Cache-Control: no-store", async () => {
    const { status, json, headers } = await avibra.token();
    expect(status).toBe(200);
    expect(json).toEqual({
      access_token: expect.stringMatching(/^sandbox-token-\w{32}$/) as string,
      expires_in: 3600,
      token_type: "Bearer",
    });
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    [{ client_secret: "wrong" }, "invalid_client"],
    [{ client_id: "wrong" }, "invalid_client"],
    [{ grant_type: "password" }, "unsupported_grant_type"],
    [{ scope: "everything" }, "invalid_scope"],
  ])("rejects %j with 400 %s", async (form, error) => {
    const { status, json } = await avibra.token(form);
    expect(status).toBe(400);
    expect(json).toEqual({ error });
  });

  test("rejects JSON, a missing field and a repeated field with 400 invalid_request", async () => {
    const url = avibra.url("/oauth2/token");
    const form = "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-client-secret";
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const responses = await Promise.all([
      send(url, { method: "POST", headers: { "content-type": "application/json" }, body: {} }),
      send(url, { method: "POST", headers: type, body: form }),
      send(url, { method: "POST", headers: type, body: `${form}&scope=partner/api&scope=partner/api` }),
    ]);
    for (const { status, json } of responses) {
      expect(status).toBe(400);
      expect(json).toEqual({ error: "invalid_request" });
    }
    expect((await send(url)).status).toBe(405);
  });

  test("issues tokens that expire by the sandbox's clock", async () => {
    await avibra.signIn();
    await avibra.control.clock({ advanceMs: 3_590_000 });
    expect((await avibra.benefits(MEMBER_ID)).status).toBe(200);
    await avibra.control.clock({ advanceMs: 10_000 });
    expect((await avibra.benefits(MEMBER_ID)).status).toBe(401);
    await avibra.signIn();
    expect((await avibra.benefits(MEMBER_ID)).status).toBe(200);
  });

  test("keeps the lifetime of its tokens over a reset", async () => {
    await avibra.signIn();
    await avibra.control.clock({ advanceMs: 1_800_000 });
    await avibra.control.reset();
    expect((await avibra.benefits(MEMBER_ID)).status).toBe(200);
    await avibra.control.clock({ advanceMs: 1_800_000 });
    expect((await avibra.benefits(MEMBER_ID)).status).toBe(401);
    await avibra.control.reset();
    expect((await avibra.benefits(MEMBER_ID)).status).toBe(401);
    await avibra.signIn();
  });
});

const BEARER_CALLS: readonly [string, string, string][] = [
  ["create", "POST", "/user/account/create"],
  ["update", "POST", "/user/account/update"],
  ["cancel", "DELETE", `/user/account/cancel/${MEMBER_ID}`],
  ["prefill", "POST", "/user/prefill"],
  ["offers", "POST", "/user/offers"],
  ["benefits", "GET", `/user/benefits/${MEMBER_ID}`],
];

describe.each(BEARER_CALLS)("Avibra's %s endpoint", (name, method, path) => {
  test.each(["", "Bearer never-issued", "Basic c2FuZGJveC1saW5rOnNhbmRib3gtbGluay1wYXNzd29yZA=="])(
    "rejects the authorization '%s' with 401",
    async (authorization) => {
      const headers = { ...avibra.keyedHeaders("k"), authorization };
      const { status, json } = await send(avibra.url(path), { method, headers });
      expect(status).toBe(401);
      expect(json).toEqual(UNAUTHORIZED);
    },
  );

  const isDocumentedForApiKey = name !== "offers" && name !== "benefits";
  test(isDocumentedForApiKey ? "rejects a wrong x-api-key with 403" : "ignores a wrong x-api-key", async () => {
    const headers = { ...avibra.keyedHeaders("k"), "x-api-key": "wrong" };
    const { status } = await send(avibra.url(path), { method, headers });
    if (isDocumentedForApiKey) expect(status).toBe(403);
    else expect(status).not.toBe(403);
  });

  if (name !== "benefits") {
    test.each(["version", "idempotency-key"])("rejects a request without the header %s with 400", async (header) => {
      const headers = Object.fromEntries(Object.entries(avibra.keyedHeaders("k")).filter(([key]) => key !== header));
      const { status, json } = await send(avibra.url(path), { method, headers, body: undefined });
      expect(status).toBe(400);
      expect(JSON.stringify(json).toLowerCase()).toContain(header);
    });

    test("rejects the version v3 with 400", async () => {
      const headers = { ...avibra.keyedHeaders("k"), version: "v3" };
      expect((await send(avibra.url(path), { method, headers })).status).toBe(400);
    });
  }

  test("rejects another method with 405", async () => {
    const { status } = await send(avibra.url(path), { method: "PATCH", headers: avibra.keyedHeaders("k") });
    expect(status).toBe(405);
  });
});

describe("Avibra's link token endpoint", () => {
  test("issues a link token for Basic credentials and the API key, and lists it in the state", async () => {
    const { status, json } = await avibra.linkToken(MEMBER_ID);
    expect(status).toBe(200);
    expect(json).toEqual({ linktoken: expect.stringMatching(/^sandbox-link-\w{24}$/) as string });
    const { linkTokens, commits } = await avibra.control.state<{ linkTokens: object[] }>();
    expect(linkTokens).toEqual([expect.objectContaining({ userId: MEMBER_ID })]);
    expect(commits).toEqual([]);
  });

  test("rejects a bearer token and wrong credentials with 401, and a wrong API key with 403", async () => {
    const wrong = `Basic ${Buffer.from("sandbox-link:wrong").toString("base64")}`;
    expect((await avibra.linkToken(MEMBER_ID, avibra.bearerHeaders())).status).toBe(401);
    expect((await avibra.linkToken(MEMBER_ID, { authorization: wrong })).status).toBe(401);
    expect((await avibra.linkToken(MEMBER_ID, { "x-api-key": "wrong" })).status).toBe(403);
  });

  test("rejects an unknown user with 400", async () => {
    expect((await avibra.linkToken("u-9999")).status).toBe(400);
  });
});
