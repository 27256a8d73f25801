import { send, useSandboxes } from "./vendor-clients";

const { avibra } = useSandboxes();
const UNAUTHORIZED = { errorcode: "401", errormessage: "unauthorized" };

describe("the token endpoint", () => {
  test("issues a bearer token for an hour, never to be cached", async () => {
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
  ])("refuses %j with 400 %s", async (form, error) => {
    const { status, json } = await avibra.token(form);
    expect(status).toBe(400);
    expect(json).toEqual({ error });
  });

  test("wants everything in a form body, so JSON, a missing and a doubled field are invalid requests", async () => {
    const url = avibra.url("/oauth2/token");
    const form = "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-client-secret";
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const refused = await Promise.all([
      send(url, { method: "POST", headers: { "content-type": "application/json" }, body: {} }),
      send(url, { method: "POST", headers: type, body: form }),
      send(url, { method: "POST", headers: type, body: `${form}&scope=partner/api&scope=partner/api` }),
    ]);
    for (const { status, json } of refused) {
      expect(status).toBe(400);
      expect(json).toEqual({ error: "invalid_request" });
    }
    expect((await send(url)).status).toBe(405);
  });

  test("a token ends when the sandbox's clock says so", async () => {
    await avibra.signIn();
    await avibra.control.clock({ advanceMs: 3_590_000 });
    expect((await avibra.benefits("u-1001")).status).toBe(200);
    await avibra.control.clock({ advanceMs: 10_000 });
    expect((await avibra.benefits("u-1001")).status).toBe(401);
    await avibra.signIn();
    expect((await avibra.benefits("u-1001")).status).toBe(200);
  });

  test("a token survives a reset with the lifetime it had left, an ended one stays ended", async () => {
    await avibra.signIn();
    await avibra.control.clock({ advanceMs: 1_800_000 });
    await avibra.control.reset();
    expect((await avibra.benefits("u-1001")).status).toBe(200);
    await avibra.control.clock({ advanceMs: 1_800_000 });
    expect((await avibra.benefits("u-1001")).status).toBe(401);
    await avibra.control.reset();
    expect((await avibra.benefits("u-1001")).status).toBe(401);
    await avibra.signIn();
  });
});

const BEARER_CALLS: readonly [string, string, string][] = [
  ["create", "POST", "/user/account/create"],
  ["update", "POST", "/user/account/update"],
  ["cancel", "DELETE", "/user/account/cancel/u-1001"],
  ["prefill", "POST", "/user/prefill"],
  ["offers", "POST", "/user/offers"],
  ["benefits", "GET", "/user/benefits/u-1001"],
];

describe.each(BEARER_CALLS)("%s", (name, method, path) => {
  test.each(["", "Bearer nobody-issued-this", "Basic c2FuZGJveC1saW5rOnNhbmRib3gtbGluay1wYXNzd29yZA=="])(
    "answers 401 to the authorization '%s'",
    async (authorization) => {
      const headers = { ...avibra.keyedHeaders("k"), authorization };
      const { status, json } = await send(avibra.url(path), { method, headers });
      expect(status).toBe(401);
      expect(json).toEqual(UNAUTHORIZED);
    },
  );

  const isDocumentedForApiKey = name !== "offers" && name !== "benefits";
  test(`${isDocumentedForApiKey ? "answers 403 to" : "does not look at"} a wrong x-api-key`, async () => {
    const headers = { ...avibra.keyedHeaders("k"), "x-api-key": "wrong" };
    const { status } = await send(avibra.url(path), { method, headers });
    if (isDocumentedForApiKey) expect(status).toBe(403);
    else expect(status).not.toBe(403);
  });

  if (name !== "benefits") {
    test.each(["version", "idempotency-key"])("answers 400 when the header %s is missing", async (header) => {
      const headers = Object.fromEntries(Object.entries(avibra.keyedHeaders("k")).filter(([key]) => key !== header));
      const { status, json } = await send(avibra.url(path), { method, headers, body: undefined });
      expect(status).toBe(400);
      expect(JSON.stringify(json).toLowerCase()).toContain(header);
    });

    test("answers 400 to a version that is neither v1 nor v2", async () => {
      const headers = { ...avibra.keyedHeaders("k"), version: "v3" };
      expect((await send(avibra.url(path), { method, headers })).status).toBe(400);
    });
  }

  test("answers 405 to another method", async () => {
    const { status } = await send(avibra.url(path), { method: "PATCH", headers: avibra.keyedHeaders("k") });
    expect(status).toBe(405);
  });
});

describe("the link token", () => {
  test("is given for Basic credentials and the API key, and is listed in the state", async () => {
    const { status, json } = await avibra.linkToken("u-1001");
    expect(status).toBe(200);
    expect(json).toEqual({ linktoken: expect.stringMatching(/^sandbox-link-\w{24}$/) as string });
    const { linkTokens, commits } = await avibra.control.state<{ linkTokens: object[] }>();
    expect(linkTokens).toEqual([expect.objectContaining({ userId: "u-1001" })]);
    expect(commits).toEqual([]);
  });

  test("is refused with 401 to a bearer token and to wrong credentials, with 403 to a wrong API key", async () => {
    const wrong = `Basic ${Buffer.from("sandbox-link:wrong").toString("base64")}`;
    expect((await avibra.linkToken("u-1001", avibra.bearerHeaders())).status).toBe(401);
    expect((await avibra.linkToken("u-1001", { authorization: wrong })).status).toBe(401);
    expect((await avibra.linkToken("u-1001", { "x-api-key": "wrong" })).status).toBe(403);
  });

  test("is refused with 400 for a user whom nobody knows", async () => {
    expect((await avibra.linkToken("u-9999")).status).toBe(400);
  });
});
