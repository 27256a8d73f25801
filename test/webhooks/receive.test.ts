import { request as httpRequest } from "node:http";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { basicAuth, postWebhook, WEBHOOK_PASSWORD, WEBHOOK_USER } from "../kit/http/webhooks";

const OLD_PASSWORD = "old-password";
const MAX_BYTES = 65_536;

const ROUTER = { "router-authorization": "router-secret" };

let subgraph: TestSubgraph;
let authorization: string;
beforeAll(async () => {
  subgraph = await startSubgraph({
    ROUTER_SECRETS: ROUTER["router-authorization"],
    AVIBRA_WEBHOOK_PASSWORD: `${WEBHOOK_PASSWORD},${OLD_PASSWORD}`,
  });
  authorization = `Bearer ${await subgraph.token({ sub: "staff", scope: "users:read:any" })}`;
});
afterAll(() => subgraph.stop());

const EVENT = { eventname: "enrollment_successful", userid: "m-1", eventtimestamp: "2026-02-01T10:00:00Z" };
let sequence = 0;
/** A member without events. */
const newMember = () => `m-${(sequence += 1)}`;

async function eventsOf(userId: string) {
  const { data } = await subgraph.graphql(
    `{ user(id: "${userId}") { events(first: 100) { edges { node { kind providerKind occurredAt } } } } }`,
    { claims: null, headers: { ...ROUTER, authorization } },
  );
  return (data.user.events.edges as { node: unknown }[]).map(({ node }) => node);
}
async function readResponse(response: Response) {
  return { status: response.status, body: await response.json() };
}
const rejectedWith = (status: number, code: string) => ({
  status,
  body: { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) })] },
});
const RECEIVED = { status: 200, body: { status: "received" } };

describe("the webhook endpoint", () => {
  test.each([
    ["the first password", basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD)],
    ["the second password", basicAuth(WEBHOOK_USER, OLD_PASSWORD)],
    ["the scheme in another case", basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD).replace("Basic", "bASIC")],
  ])("accepts %s without a router secret", async (_what, authorization) => {
    const userid = newMember();
    expect(
      await readResponse(await postWebhook(subgraph.url, { ...EVENT, userid }, { headers: { authorization } })),
    ).toEqual(RECEIVED);
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test.each([
    ["no credentials", ""],
    ["another password", basicAuth(WEBHOOK_USER, "wrong")],
    ["another user", basicAuth("wrong", WEBHOOK_PASSWORD)],
    ["both passwords as one", basicAuth(WEBHOOK_USER, `${WEBHOOK_PASSWORD},${OLD_PASSWORD}`)],
    ["an empty password", basicAuth(WEBHOOK_USER, "")],
    ["credentials that are not base64", `Basic ${WEBHOOK_USER}:${WEBHOOK_PASSWORD}`],
    ["the Bearer scheme", basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD).replace("Basic", "Bearer")],
    [
      "two credentials in one header",
      `${basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD)}, ${basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD)}`,
    ],
  ])("rejects %s with 401 and a challenge, and stores nothing", async (_what, authorization) => {
    const userid = newMember();
    const response = await postWebhook(subgraph.url, { ...EVENT, userid }, { headers: { authorization } });
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="webhooks", charset="UTF-8"');
    expect(response.headers.get("connection")).toBe("close");
    expect(await readResponse(response)).toEqual(rejectedWith(401, "UNAUTHENTICATED"));
    expect(await eventsOf(userid)).toEqual([]);
  });

  test("rejects wrong credentials with 401 before the body arrives", async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": "1000", authorization: "Basic eDp5" };
      const request = httpRequest(`${subgraph.url}/webhooks/avibra`, { method: "POST", headers, agent: false });
      request.on("response", (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on("error", reject);
      request.flushHeaders();
    });
    expect(status).toBe(401);
  });

  test("accepts the credentials only for POST /webhooks/avibra", async () => {
    const headers = { authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD) };
    for (const [method, path] of [
      ["GET", "/webhooks/avibra"],
      ["PUT", "/webhooks/avibra"],
      ["POST", "/webhooks/avibra/"],
      ["POST", "/webhooks"],
      ["GET", "/metrics"],
    ] as const) {
      expect((await fetch(`${subgraph.url}${path}`, { method, headers })).status).toBe(401);
    }
  });
});

describe("the webhook endpoint, with valid credentials,", () => {
  test.each([
    ["malformed JSON", "{"],
    ["an empty body", ""],
    ["a list", "[]"],
    ["a string", '"enrollment_successful"'],
    ["null", "null"],
    ["a member __proto__", '{"eventname":"x","userid":"m-p","__proto__":{"isAdmin":true}}'],
    ["a constructor's prototype", '{"eventname":"x","userid":"m-p","constructor":{"prototype":{"isAdmin":true}}}'],
  ])("rejects %s with 400 and stores nothing", async (_what, body) => {
    expect(await readResponse(await postWebhook(subgraph.url, body))).toEqual(rejectedWith(400, "BAD_REQUEST"));
    expect(await eventsOf("m-p")).toEqual([]);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  test("rejects invalid UTF-8 with 400", async () => {
    const response = await fetch(`${subgraph.url}/webhooks/avibra`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD) },
      body: Buffer.from([0x7b, 0xff, 0x7d]),
    });
    expect(response.status).toBe(400);
  });

  test("rejects a body over 64 KiB with 413, and stores one of 64 KiB", async () => {
    const userid = newMember();
    const createBody = (bytes: number) => {
      const body = JSON.stringify({ ...EVENT, userid, padding: "" });
      return body.replace('"padding":""', `"padding":"${"x".repeat(bytes - body.length)}"`);
    };
    expect(await readResponse(await postWebhook(subgraph.url, createBody(2_000_000)))).toEqual(
      rejectedWith(413, "LIMIT_EXCEEDED"),
    );
    expect(await readResponse(await postWebhook(subgraph.url, createBody(MAX_BYTES + 1)))).toEqual(
      rejectedWith(413, "LIMIT_EXCEEDED"),
    );
    expect(await eventsOf(userid)).toEqual([]);
    expect(await readResponse(await postWebhook(subgraph.url, createBody(MAX_BYTES)))).toEqual(RECEIVED);
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test("rejects a body that does not arrive within WEBHOOK_BODY_TIMEOUT_MS with 408, and closes the connection", async () => {
    const withShortTimeout = await startSubgraph({ WEBHOOK_BODY_TIMEOUT_MS: "300" });
    const startedAt = performance.now();
    const [status, body, tookMs] = await new Promise<[number | undefined, string, number]>((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": "1000",
        authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD),
      };
      const request = httpRequest(`${withShortTimeout.url}/webhooks/avibra`, { method: "POST", headers, agent: false });
      request.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("close", () => {
          resolve([response.statusCode, text, performance.now() - startedAt]);
        });
      });
      request.on("error", reject);
      request.write("{");
    }).finally(() => withShortTimeout.stop());
    expect(status).toBe(408);
    expect(tookMs).toBeGreaterThan(250); // not at once; slowness only adds to it
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  });

  test.each([
    ["text/plain", 415, { "content-type": "text/plain" }],
    ["a URL-encoded form", 415, { "content-type": "application/x-www-form-urlencoded" }],
    ["JSON in Latin-1", 415, { "content-type": "application/json; charset=latin1" }],
    ["a compressed body", 415, { "content-encoding": "gzip" }],
    ["an idempotency key of 256 characters", 400, { "idempotency-key": "k".repeat(256) }],
  ])("rejects %s with %i", async (_what, status, headers: Record<string, string>) => {
    expect((await postWebhook(subgraph.url, EVENT, { headers })).status).toBe(status);
  });

  test.each([
    ["a space", "a b"],
    ["a Latin-1 letter", "chave-é"],
  ])("accepts an idempotency key with %s", async (_what, key) => {
    const userid = newMember();
    const headers = { "idempotency-key": `${key}-${userid}` };
    for (const eventname of ["one", "its copy"]) {
      const sent = postWebhook(subgraph.url, { ...EVENT, eventname, userid }, { headers });
      expect(await readResponse(await sent)).toEqual(RECEIVED);
    }
    expect(await eventsOf(userid)).toMatchObject([{ providerKind: "one" }]);
  });

  test("stores unknown events and events with malformed fields", async () => {
    const userid = newMember();
    for (const body of [
      { eventname: "brand_new_event", userid, eventtimestamp: "2026-02-01T10:00:00Z", surprise: { a: [1] } },
      { eventname: 7, userid, eventtimestamp: 1_770_000_000, moredetails: "none" },
      { userid, moredetails: [null, 1, { name: "a" }, { name: "offerid", value: 3 }] },
    ]) {
      expect(await readResponse(await postWebhook(subgraph.url, JSON.stringify(body)))).toEqual(RECEIVED);
    }
    expect(await readResponse(await postWebhook(subgraph.url, "{}"))).toEqual(RECEIVED);
    expect(await eventsOf(userid)).toEqual([
      { kind: "UNKNOWN", providerKind: null, occurredAt: expect.any(String) },
      { kind: "UNKNOWN", providerKind: null, occurredAt: "2026-02-02T02:40:00.000Z" },
      { kind: "UNKNOWN", providerKind: "brand_new_event", occurredAt: "2026-02-01T10:00:00.000Z" },
    ]);
  });

  test("uses the last of two members with one name", async () => {
    const [first, last] = [newMember(), newMember()];
    const body = `{"eventname":"a","userid":"${first}","eventname":"offer_upgrade_successful","userid":"${last}"}`;
    expect(await readResponse(await postWebhook(subgraph.url, body))).toEqual(RECEIVED);
    expect(await eventsOf(first)).toEqual([]);
    expect(await eventsOf(last)).toMatchObject([{ kind: "OFFER_UPGRADE_SUCCESSFUL" }]);
  });

  test("stores an event with 30,000 nested lists", async () => {
    const userid = newMember();
    const deep = `{"userid":"${userid}","deep":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    expect((await postWebhook(subgraph.url, deep)).status).toBe(200);
    expect(await eventsOf(userid)).toHaveLength(1);
  });
});

describe("webhook deduplication", () => {
  test("stores one event for 100 concurrent copies with a key", async () => {
    const userid = newMember();
    const responses = await Promise.all(
      Array.from({ length: 100 }, () => postWebhook(subgraph.url, { ...EVENT, userid }, { key: `copy-${userid}` })),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test("stores one event for 100 concurrent copies without a key", async () => {
    const userid = newMember();
    const responses = await Promise.all(
      Array.from({ length: 100 }, () => postWebhook(subgraph.url, { ...EVENT, userid })),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test("stores one event for each key, whatever the content", async () => {
    const userid = newMember();
    await postWebhook(subgraph.url, { ...EVENT, userid }, { key: `a-${userid}` });
    await postWebhook(subgraph.url, { ...EVENT, userid }, { key: `b-${userid}` });
    await postWebhook(subgraph.url, { ...EVENT, eventname: "other", userid }, { key: `a-${userid}` });
    expect(await eventsOf(userid)).toMatchObject(Array(2).fill({ kind: "ENROLLMENT_SUCCESSFUL" }));
  });

  test("stores both an event without a key and an event whose key is the first one's content", async () => {
    const userid = newMember();
    const key = JSON.stringify({ userid });
    await postWebhook(subgraph.url, key);
    await postWebhook(subgraph.url, { ...EVENT, userid }, { key });
    expect(await eventsOf(userid)).toHaveLength(2);
  });
});
