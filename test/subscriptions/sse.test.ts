import { randomUUID } from "node:crypto";
import { createClient } from "graphql-sse";
import { readMetric, waitForGauge } from "../kit/http/metrics";
import { MEMBER_ID, OTHER_MEMBER_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { sendEvent } from "../kit/subscriptions/send-event";
import { createSettledOperation } from "../kit/subscriptions/settled-operation";
import { parsePayloads, subscribeBySse, type SseSubscription } from "../kit/subscriptions/sse";
import { waitFor } from "../kit/wait-for";

const ORIGIN = "https://app.example.com";
const OPEN = "benefits_pix_subscriptions_open";
const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id kind status } }";
const EVENTS = `subscription { userEvents(userId: "${MEMBER_ID}") { kind } }`;
const MEMBER = { sub: MEMBER_ID };
const EVENT_STREAM = "text/event-stream; charset=utf-8";
const JSON_RESPONSE = "application/json; charset=utf-8";

const { start, stopAll } = createSubgraphs();

let subgraph: TestSubgraph;
let settledId: string;
beforeAll(async () => {
  subgraph = await start({
    CORS_ORIGINS: ORIGIN,
    LIMIT_CONCURRENT_REQUESTS: "2",
    LIMIT_SUBSCRIPTIONS_PER_CALLER: "4",
  });
  settledId = await createSettledOperation(subgraph, MEMBER_ID);
});
afterAll(stopAll);

const open: SseSubscription[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await waitForGauge(subgraph, OPEN, 0);
});

async function subscribe(query: string, options: Partial<Parameters<typeof subscribeBySse>[2]> = {}) {
  const subscription = await subscribeBySse(`${subgraph.url}/graphql`, subgraph.token, {
    query,
    claims: MEMBER,
    ...options,
  });
  open.push(subscription);
  return subscription;
}

/** The response to a GET of the subscription, read to its end. */
async function get(headers: Readonly<Record<string, string>>): Promise<[number, string | null, string]> {
  const parameters = new URLSearchParams({ query: SETTLED, variables: JSON.stringify({ id: settledId }) });
  const authorization = `Bearer ${await subgraph.token(MEMBER)}`;
  const response = await fetch(`${subgraph.url}/graphql?${parameters.toString()}`, {
    headers: { authorization, accept: "text/event-stream", ...headers },
  });
  return [response.status, response.headers.get("content-type"), await response.text()];
}

describe("a subscription by server-sent events", () => {
  test("sends a comment, its event and its end, with the headers of every response", async () => {
    const { status, headers, ended, received } = await subscribe(SETTLED, {
      variables: { id: settledId },
      headers: { origin: ORIGIN, "x-request-id": "request-id.5" },
    });
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": EVENT_STREAM,
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
      "x-request-id": "request-id.5",
      "access-control-allow-origin": ORIGIN,
    });
    await ended;
    const settled = { operationSettled: { id: settledId, kind: "UPDATE_USER", status: "SUCCEEDED" } };
    expect(received()).toBe(
      `:\n\nevent: next\ndata: ${JSON.stringify({ data: settled })}\n\nevent: complete\ndata:\n\n`,
    );
  });

  test.each([
    ["text/event-stream"],
    ["application/graphql-response+json, application/json, text/event-stream;q=0.1"],
    ['multipart/mixed;subscriptionSpec="1.0", text/event-stream'],
    ["TEXT/Event-Stream ; charset=utf-8, */*"],
  ])("is sent for `Accept: %s`", async (accept) => {
    const { headers, ended, payloads } = await subscribe(SETTLED, {
      variables: { id: settledId },
      headers: { accept },
    });
    await ended;
    expect([headers.get("content-type"), payloads()]).toEqual([
      EVENT_STREAM,
      [{ data: { operationSettled: { id: settledId, kind: "UPDATE_USER", status: "SUCCEEDED" } } }],
    ]);
  });

  test.each([["*/*"], ["application/json"], ["text/event-stream;q=0"], ["text/event-streams, text/*"]])(
    "is refused as JSON for `Accept: %s`",
    async (accept) => {
      const { headers, ended, received } = await subscribe(EVENTS, { headers: { accept } });
      await ended;
      expect(headers.get("content-type")).toBe(JSON_RESPONSE);
      expect(JSON.parse(received())).toMatchObject({
        errors: [
          { message: expect.stringContaining("Accept: text/event-stream"), extensions: { code: "BAD_REQUEST" } },
        ],
      });
    },
  );

  test.each([
    ["text/event-stream"],
    ["application/graphql-response+json, application/json, text/event-stream, multipart/mixed"],
  ])("`Accept: %s` leaves the answers to queries, mutations and wrong operation names JSON", async (accept) => {
    const mutation = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { operation { status } } }";
    const input = { idempotencyKey: randomUUID(), userId: MEMBER_ID, lastName: "Lima" };
    for (const [query, options, expected] of [
      ["{ me { id } }", {}, { data: { me: { id: MEMBER_ID } } }],
      [mutation, { variables: { i: input } }, { data: { updateUser: { operation: { status: "SUCCEEDED" } } } }],
      [
        `${EVENTS.replace("subscription", "subscription S")} query Q { me { id } }`,
        { operationName: "Q" },
        { data: { me: { id: MEMBER_ID } } },
      ],
      [EVENTS, { operationName: "Other" }, { errors: [{ extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }] }],
    ] as const) {
      const { headers, ended, received } = await subscribe(query, { ...options, headers: { accept } });
      await ended;
      expect(headers.get("content-type")).toMatch(/^application\/(graphql-response\+)?json/);
      expect(JSON.parse(received())).toMatchObject(expected);
    }
  });

  test.each(["apollo-require-preflight", "x-apollo-operation-name"])(
    "is sent for a GET with the header %s, and refused without it",
    async (name) => {
      const [status, type, body] = await get({ [name]: "1" });
      expect([status, type, parsePayloads(body)]).toMatchObject([200, EVENT_STREAM, [{ data: expect.anything() }]]);
      const [refusedStatus, refusedType, refusal] = await get({});
      expect([refusedStatus, refusedType]).toEqual([400, JSON_RESPONSE]);
      expect(refusal).toContain('"code":"BAD_REQUEST"');
    },
  );

  const selecting = (selection: string) => `subscription { operationSettled(id: "x") { ${selection} } }`;
  test.each<[string, string, string, Parameters<typeof subscribe>[1]?]>([
    ["no token", EVENTS, "UNAUTHENTICATED", { claims: null }],
    ["a forged token", EVENTS, "UNAUTHENTICATED", { headers: { authorization: "Bearer forged" } }],
    ["a document that is too deep", selecting("failure { ".repeat(20) + "code" + " }".repeat(20)), "LIMIT_EXCEEDED"],
    ["a syntax error", "subscription {", "GRAPHQL_PARSE_FAILED"],
    ["an unknown field", "subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["a missing variable", SETTLED, "BAD_USER_INPUT"],
  ])("is refused in the stream for %s", async (_what, query, code, options = {}) => {
    const { status, headers, ended, payloads } = await subscribe(query, options);
    await ended;
    expect([status, headers.get("content-type")]).toEqual([200, EVENT_STREAM]);
    expect(payloads()).toEqual([
      {
        errors: [
          expect.objectContaining({ extensions: { code, retryable: false, requestId: headers.get("x-request-id") } }),
        ],
      },
    ]);
  });

  test("over LIMIT_SUBSCRIPTIONS_PER_CALLER is refused in the stream, until a client that disconnects frees its place", async () => {
    const listeners = (await readMetric(subgraph, "benefits_pix_pubsub_subscribers"))[""] ?? 0;
    const [first] = await Promise.all([1, 2, 3, 4].map(() => subscribe(EVENTS)));
    await waitForGauge(subgraph, OPEN, 4);
    const fifth = await subscribe(EVENTS);
    await fifth.ended;
    expect(fifth.payloads()).toMatchObject([{ errors: [{ extensions: { code: "LIMIT_EXCEEDED" } }] }]);
    await first?.close();
    await waitForGauge(subgraph, OPEN, 3);
    await waitForGauge(subgraph, "benefits_pix_pubsub_subscribers", listeners + 3);
    const sixth = await subscribe(EVENTS);
    await waitForGauge(subgraph, OPEN, 4);
    await sendEvent(subgraph, MEMBER_ID);
    expect(await sixth.waitForPayloads(1)).toEqual([{ data: { userEvents: { kind: "ENROLLMENT_SUCCESSFUL" } } }]);
  });

  test("does not count against LIMIT_CONCURRENT_REQUESTS once it is open", async () => {
    await Promise.all([1, 2, 3, 4].map(() => subscribe(EVENTS)));
    await waitForGauge(subgraph, OPEN, 4);
    expect(await subgraph.graphql("{ me { id } }", { claims: MEMBER })).toEqual({ data: { me: { id: MEMBER_ID } } });
  });

  test("leaves its codes in the log, but no token, ID or document", async () => {
    subgraph.logs.length = 0;
    const claims = { sub: "u-canary-77" };
    await (
      await subscribe('subscription { operationSettled(id: "canary-88") { id } }', { claims })
    ).ended;
    await (
      await subscribe(EVENTS, { claims: null })
    ).ended;
    const completed = await waitFor(() => {
      const lines = subgraph.logs.filter((line) => line.includes("request completed") && line.includes("/graphql"));
      return lines.length === 2 ? lines.map((line) => JSON.parse(line) as object) : undefined;
    });
    expect(completed).toContainEqual(expect.objectContaining({ status: 200, errorCodes: ["UNAUTHENTICATED"] }));
    const written = subgraph.logs.join("\n");
    for (const secret of [await subgraph.token(claims), "u-canary-77", "canary-88"])
      expect(written).not.toContain(secret);
  });

  test("is received by the client of graphql-sse, with its refusal", async () => {
    const client = createClient({
      url: `${subgraph.url}/graphql`,
      headers: async () => ({ authorization: `Bearer ${await subgraph.token(MEMBER)}` }),
      retryAttempts: 0,
    });
    const iterate = (query: string, variables = {}) => client.iterate<unknown>({ query, variables });
    const received: unknown[] = [];
    for await (const result of iterate(SETTLED, { id: settledId })) received.push(result);
    for await (const result of iterate("subscription { nothing }")) received.push(result);
    expect(received).toMatchObject([
      { data: { operationSettled: { id: settledId } } },
      { errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] },
    ]);
    const events = iterate(EVENTS);
    const next = events.next();
    await waitForGauge(subgraph, OPEN, 1);
    await sendEvent(subgraph, OTHER_MEMBER_ID, "offer_upgrade_successful");
    await sendEvent(subgraph, MEMBER_ID);
    expect((await next).value).toEqual({ data: { userEvents: { kind: "ENROLLMENT_SUCCESSFUL" } } });
    await events.return?.();
    client.dispose();
  });
});
