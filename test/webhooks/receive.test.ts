import { request as httpRequest } from "node:http";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { basicAuth, postWebhook, WEBHOOK_PASSWORD, WEBHOOK_USER } from "../kit/http/webhooks";

const OLD_PASSWORD = "the one before";
const MOST_BYTES = 65_536;

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
/** A member whom no other test knows. */
const newMember = () => `m-${(sequence += 1)}`;

async function eventsOf(userId: string) {
  const { data } = await subgraph.graphql(
    `{ user(id: "${userId}") { events(first: 100) { edges { node { kind providerKind occurredAt } } } } }`,
    { claims: null, headers: { ...ROUTER, authorization } },
  );
  return (data.user.events.edges as { node: unknown }[]).map(({ node }) => node);
}
async function answerOf(response: Response) {
  return { status: response.status, body: await response.json() };
}
const refused = (status: number, code: string) => ({
  status,
  body: { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) })] },
});
const RECEIVED = { status: 200, body: { status: "received" } };

describe("who may send events", () => {
  test.each([
    ["the password", basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD)],
    ["the password before it", basicAuth(WEBHOOK_USER, OLD_PASSWORD)],
    ["the scheme in other letters", basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD).replace("Basic", "bASIC")],
  ])("%s is taken, and no secret of the router's is asked for", async (_what, authorization) => {
    const userid = newMember();
    expect(
      await answerOf(await postWebhook(subgraph.url, { ...EVENT, userid }, { headers: { authorization } })),
    ).toEqual(RECEIVED);
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test.each([
    ["no credentials", ""],
    ["another password", basicAuth(WEBHOOK_USER, "wrong")],
    ["another user", basicAuth("wrong", WEBHOOK_PASSWORD)],
    ["the list itself", basicAuth(WEBHOOK_USER, `${WEBHOOK_PASSWORD},${OLD_PASSWORD}`)],
    ["an empty password", basicAuth(WEBHOOK_USER, "")],
    ["not base64", `Basic ${WEBHOOK_USER}:${WEBHOOK_PASSWORD}`],
    ["another scheme", basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD).replace("Basic", "Bearer")],
    [
      "both of two headers",
      `${basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD)}, ${basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD)}`,
    ],
  ])("%s: 401 with a challenge, and nothing is stored", async (_what, authorization) => {
    const userid = newMember();
    const response = await postWebhook(subgraph.url, { ...EVENT, userid }, { headers: { authorization } });
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="webhooks", charset="UTF-8"');
    expect(response.headers.get("connection")).toBe("close");
    expect(await answerOf(response)).toEqual(refused(401, "UNAUTHENTICATED"));
    expect(await eventsOf(userid)).toEqual([]);
  });

  test("wrong credentials are refused before a byte of the body was sent", async () => {
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

  test("the credentials open this path and this method alone", async () => {
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

describe("what a sender may send", () => {
  test.each([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", "[]"],
    ["a text", '"enrollment_successful"'],
    ["null", "null"],
    ["a member __proto__", '{"eventname":"x","userid":"m-p","__proto__":{"isAdmin":true}}'],
    ["a constructor's prototype", '{"eventname":"x","userid":"m-p","constructor":{"prototype":{"isAdmin":true}}}'],
  ])("%s: 400, and nothing is stored", async (_what, body) => {
    expect(await answerOf(await postWebhook(subgraph.url, body))).toEqual(refused(400, "BAD_REQUEST"));
    expect(await eventsOf("m-p")).toEqual([]);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  test("bytes that are no UTF-8: 400", async () => {
    const response = await fetch(`${subgraph.url}/webhooks/avibra`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD) },
      body: Buffer.from([0x7b, 0xff, 0x7d]),
    });
    expect(response.status).toBe(400);
  });

  test("2 MB: 413; as much as is allowed: stored", async () => {
    const userid = newMember();
    const bodyOf = (bytes: number) => {
      const body = JSON.stringify({ ...EVENT, userid, padding: "" });
      return body.replace('"padding":""', `"padding":"${"x".repeat(bytes - body.length)}"`);
    };
    expect(await answerOf(await postWebhook(subgraph.url, bodyOf(2_000_000)))).toEqual(refused(413, "LIMIT_EXCEEDED"));
    expect(await answerOf(await postWebhook(subgraph.url, bodyOf(MOST_BYTES + 1)))).toEqual(
      refused(413, "LIMIT_EXCEEDED"),
    );
    expect(await eventsOf(userid)).toEqual([]);
    expect(await answerOf(await postWebhook(subgraph.url, bodyOf(MOST_BYTES)))).toEqual(RECEIVED);
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test("a body that does not arrive within WEBHOOK_BODY_TIMEOUT_MS is refused with 408, and the connection ends", async () => {
    const impatient = await startSubgraph({ WEBHOOK_BODY_TIMEOUT_MS: "300" });
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": "1000",
        authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD),
      };
      const request = httpRequest(`${impatient.url}/webhooks/avibra`, { method: "POST", headers, agent: false });
      request.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("close", () => {
          resolve([response.statusCode, text]);
        });
      });
      request.on("error", reject);
      request.write("{");
    }).finally(() => impatient.stop());
    expect(status).toBe(408);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  });

  test.each([
    ["text/plain", { "content-type": "text/plain" }, 415],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["JSON in another charset", { "content-type": "application/json; charset=latin1" }, 415],
    ["a compressed body", { "content-encoding": "gzip" }, 415],
    ["an idempotency key of 256 characters", { "idempotency-key": "k".repeat(256) }, 400],
  ])("%s is refused", async (_what, headers: Record<string, string>, status) => {
    expect((await postWebhook(subgraph.url, EVENT, { headers })).status).toBe(status);
  });

  test.each([
    ["a space", "a b"],
    ["Latin", "chave-é"],
  ])("an idempotency key with %s is taken", async (_what, key) => {
    const userid = newMember();
    const headers = { "idempotency-key": `${key}-${userid}` };
    for (const eventname of ["one", "its copy"]) {
      const sent = postWebhook(subgraph.url, { ...EVENT, eventname, userid }, { headers });
      expect(await answerOf(await sent)).toEqual(RECEIVED);
    }
    expect(await eventsOf(userid)).toMatchObject([{ providerKind: "one" }]);
  });

  test("an unknown event, and one of which little can be read, are kept", async () => {
    const userid = newMember();
    for (const body of [
      { eventname: "brand_new_event", userid, eventtimestamp: "2026-02-01T10:00:00Z", surprise: { a: [1] } },
      { eventname: 7, userid, eventtimestamp: 1_770_000_000, moredetails: "none" },
      { userid, moredetails: [null, 1, { name: "a" }, { name: "offerid", value: 3 }] },
    ]) {
      expect(await answerOf(await postWebhook(subgraph.url, JSON.stringify(body)))).toEqual(RECEIVED);
    }
    expect(await answerOf(await postWebhook(subgraph.url, "{}"))).toEqual(RECEIVED);
    expect(await eventsOf(userid)).toEqual([
      { kind: "UNKNOWN", providerKind: null, occurredAt: expect.any(String) },
      { kind: "UNKNOWN", providerKind: null, occurredAt: "2026-02-02T02:40:00.000Z" },
      { kind: "UNKNOWN", providerKind: "brand_new_event", occurredAt: "2026-02-01T10:00:00.000Z" },
    ]);
  });

  test("of a name that comes twice the last one counts", async () => {
    const [first, last] = [newMember(), newMember()];
    const body = `{"eventname":"a","userid":"${first}","eventname":"offer_upgrade_successful","userid":"${last}"}`;
    expect(await answerOf(await postWebhook(subgraph.url, body))).toEqual(RECEIVED);
    expect(await eventsOf(first)).toEqual([]);
    expect(await eventsOf(last)).toMatchObject([{ kind: "OFFER_UPGRADE_SUCCESSFUL" }]);
  });

  test("depth costs no stack", async () => {
    const userid = newMember();
    const deep = `{"userid":"${userid}","deep":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    expect((await postWebhook(subgraph.url, deep)).status).toBe(200);
    expect(await eventsOf(userid)).toHaveLength(1);
  });
});

describe("copies", () => {
  test("100 copies at once, with a key: 100 times 200, one event", async () => {
    const userid = newMember();
    const copies = await Promise.all(
      Array.from({ length: 100 }, () => postWebhook(subgraph.url, { ...EVENT, userid }, { key: `copy-${userid}` })),
    );
    expect(copies.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test("100 copies at once, without a key: the same content is one event", async () => {
    const userid = newMember();
    const copies = await Promise.all(
      Array.from({ length: 100 }, () => postWebhook(subgraph.url, { ...EVENT, userid })),
    );
    expect(copies.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(await eventsOf(userid)).toHaveLength(1);
  });

  test("the key decides: another key is another event, the same key is none whatever comes with it", async () => {
    const userid = newMember();
    await postWebhook(subgraph.url, { ...EVENT, userid }, { key: `a-${userid}` });
    await postWebhook(subgraph.url, { ...EVENT, userid }, { key: `b-${userid}` });
    await postWebhook(subgraph.url, { ...EVENT, eventname: "other", userid }, { key: `a-${userid}` });
    expect(await eventsOf(userid)).toMatchObject(Array(2).fill({ kind: "ENROLLMENT_SUCCESSFUL" }));
  });

  test("a key that is another event's content is not taken for it", async () => {
    const userid = newMember();
    const key = JSON.stringify({ userid });
    await postWebhook(subgraph.url, key);
    await postWebhook(subgraph.url, { ...EVENT, userid }, { key });
    expect(await eventsOf(userid)).toHaveLength(2);
  });
});
