import { connect } from "node:net";
import { OLDER, useSandboxes } from "./vendor-clients";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type Exchange, observeRequest, type RequestOptions } from "../kit/http/request";

const { avibra, delbank } = useSandboxes();
const { control } = delbank;

const HEADERS = { "x-delbank-api-key": "sandbox-delbank-api-key", "x-delfinance-account-id": "10000" };
const BODY = JSON.stringify({
  payerAccountType: "NATURAL",
  cancellationReqDocument: PAYER_TAX_ID,
  cancellationReason: "REQUESTED_BY_PAYER",
});

/** Limits what is stored of an endless body. */
const ONE_MEGABYTE = { maxTextBytes: 1_000_000 };

function cancel(call: RequestOptions = {}): Promise<Exchange> {
  const url = delbank.url(`${OLDER}/${RECURRENCE_ID}/cancellations`);
  return observeRequest(url, { method: "POST", headers: HEADERS, body: BODY, ...ONE_MEGABYTE, ...call });
}

function read(call: RequestOptions = {}): Promise<Exchange> {
  return observeRequest(delbank.url(`${OLDER}/${RECURRENCE_ID}`), { headers: HEADERS, ...ONE_MEGABYTE, ...call });
}

async function expectCommits(count: number): Promise<void> {
  expect(await control.commits()).toHaveLength(count);
  const { json } = await delbank.get(`${OLDER}/${RECURRENCE_ID}`);
  expect((json as { cancellations: unknown[] }).cancellations).toHaveLength(count);
}

/** How the TCP connection ends: "end" for a FIN, otherwise the code of the error. */
function readSocketEnd(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { hostname, port } = new URL(delbank.url(""));
  const socket = connect(Number(port), hostname);
  socket.on("end", () => {
    resolve("end");
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    resolve(error.code ?? "");
  });
  socket.on("data", () => undefined);
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  return promise.finally(() => {
    socket.destroy();
  });
}

/** Sends a cancellation whose client disconnects once the sandbox has received it. */
async function cancelAndDisconnect(): Promise<void> {
  const client = new AbortController();
  const cancelled = cancel({ signal: client.signal });
  await until(async () => (await control.requests()).some(({ method }) => method === "POST"));
  client.abort();
  expect((await cancelled).end).toBe("ABORT_ERR");
}

/** Polls until the condition is met. */
async function until(isMet: () => Promise<boolean>): Promise<void> {
  while (!(await isMet()));
}

describe("the fault status", () => {
  test("responds with 500 in the vendor's format and commits nothing", async () => {
    await control.fault({ kind: "status" });
    const { status, text } = await cancel();
    expect(status).toBe(500);
    expect(JSON.parse(text)).toEqual({ message: "a fault of the sandbox" });
    await expectCommits(0);
    await avibra.control.fault({ kind: "status" });
    expect((await avibra.create("u-1", "k-1")).json).toMatchObject({ errorcode: "500" });
    expect(await avibra.control.commits()).toEqual([]);
  });

  test("responds with the given status, headers and body, a string as plain text", async () => {
    const headers = { "retry-after": "7", "content-type": "text/plain" };
    await control.fault({ kind: "status", status: 429, headers, body: "slow down" });
    await control.fault({ kind: "status", status: 503, body: { why: ["so"] } });
    const first = await delbank.get(`${OLDER}/${RECURRENCE_ID}`);
    expect([first.status, first.text, first.headers.get("retry-after")]).toEqual([429, "slow down", "7"]);
    expect(first.headers.get("content-type")).toBe("text/plain");
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}`)).json).toEqual({ why: ["so"] });
  });
});

describe("the fault delay", () => {
  test("commits after the delay, also if the client has disconnected", async () => {
    await control.fault({ kind: "delay", delayMs: 1000 });
    const startedMs = performance.now();
    await cancelAndDisconnect();
    await until(async () => (await control.commits()).length === 1);
    expect(performance.now() - startedMs).toBeGreaterThan(990);
    await expectCommits(1);
  });

  test("also delays another fault", async () => {
    await control.fault({ kind: "status", delayMs: 30 });
    const startedMs = performance.now();
    expect((await cancel()).status).toBe(500);
    expect(performance.now() - startedMs).toBeGreaterThan(28);
  });
});

describe("a reset fault", () => {
  test.each([
    ["resetBeforeCommit", 0],
    ["resetAfterCommit", 1],
  ])("%s resets the connection after %i commits", async (kind, commits) => {
    await control.fault({ kind });
    expect(await cancel()).toMatchObject({ end: "ECONNRESET", bytes: 0 });
    await expectCommits(commits);
  });

  test.each([
    ["resetBeforeCommit", "ECONNRESET"],
    ["resetAfterCommit", "ECONNRESET"],
    ["truncatedBody", "end"],
  ])("%s ends the TCP connection with %s", async (kind, end) => {
    await control.fault({ kind });
    expect(await readSocketEnd()).toBe(end);
  });
});

describe("a hang fault", () => {
  test("hangBeforeCommit sends no response and commits nothing", async () => {
    await control.fault({ kind: "hangBeforeCommit" });
    await cancelAndDisconnect();
    await expectCommits(0);
  });

  test("hangAfterCommit commits and sends no response", async () => {
    await control.fault({ kind: "hangAfterCommit" });
    const hanging = cancel();
    await until(async () => (await control.commits()).length === 1);
    await control.reset();
    expect((await hanging).end).toBe("ECONNRESET");
  });

  test("is ended by a reset of the sandbox", async () => {
    await control.fault({ kind: "hangBeforeCommit" });
    const hanging = read();
    await until(async () => (await control.requests()).length === 1);
    await control.reset();
    expect((await hanging).end).toBe("ECONNRESET");
  });
});

describe("a body fault commits and", () => {
  test("truncatedBody declares the whole length, sends half and closes the connection", async () => {
    await control.fault({ kind: "truncatedBody" });
    const { end, status, contentLength, bytes } = await cancel();
    expect([end, status]).toEqual(["cut", 200]);
    expect(bytes).toBe(Math.floor(Number(contentLength) / 2));
    expect(bytes).toBeGreaterThan(0);
    await expectCommits(1);
  });

  test("malformedJson sends a complete body that is not JSON, also for a JSON string", async () => {
    await control.fault({ kind: "malformedJson" });
    const { end, text } = await cancel();
    expect(end).toBe("answered");
    expect(text).toContain("idCancelamento");
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    await expectCommits(1);
    await avibra.control.fault({ kind: "malformedJson" });
    const { text: jsonString } = await avibra.create("u-1", "k-1");
    expect(() => JSON.parse(jsonString) as unknown).toThrow(SyntaxError);
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test("wrongShape sends JSON of another shape, or the given body", async () => {
    await control.fault({ kind: "wrongShape" });
    await control.fault({ kind: "wrongShape", body: { RecurrenceId: null } });
    expect(JSON.parse((await cancel()).text)).toEqual({ unexpected: { shape: [1, "two", null] } });
    expect(JSON.parse((await read()).text)).toEqual({ RecurrenceId: null });
    await expectCommits(1);
  });

  test("emptyBody sends an empty body with the given status", async () => {
    await control.fault({ kind: "emptyBody", status: 500, headers: { "x-marked": "yes" } });
    expect(await cancel()).toMatchObject({ end: "answered", status: 500, bytes: 0, contentLength: "0" });
    await expectCommits(1);
  });

  test("htmlBody sends an HTML page with the given status and headers", async () => {
    await control.fault({ kind: "htmlBody", status: 502, headers: { "x-marked": "yes" } });
    const { status, headers, text } = await delbank.cancel(RECURRENCE_ID);
    expect([status, headers.get("content-type"), headers.get("x-marked")]).toEqual([502, "text/html", "yes"]);
    expect(text).toContain("<html>");
    await expectCommits(1);
  });

  test("hugeBody sends 25 MB of JSON without Content-Length", async () => {
    await control.fault({ kind: "hugeBody" });
    const { end, status, contentLength, bytes, text } = await cancel();
    expect([end, status, contentLength]).toEqual(["answered", 200, undefined]);
    expect(bytes).toBeGreaterThanOrEqual(25_000_000);
    expect(text.startsWith('{"padding":"aaa')).toBe(true);
    await expectCommits(1);
  });

  test("endlessBody sends bytes until the client disconnects", async () => {
    await control.fault({ kind: "endlessBody" });
    expect((await cancel({ maxBytes: 40_000_000 })).end).toBe("gave up");
    await expectCommits(1);
  });

  test("slowBody sends the complete body one byte at a time", async () => {
    await control.fault({ kind: "slowBody", delayMs: 1, match: { method: "post" } });
    const startedMs = performance.now();
    const { end, text, bytes } = await cancel();
    expect(end).toBe("answered");
    expect(performance.now() - startedMs).toBeGreaterThan(bytes);
    expect(JSON.parse(text)).toMatchObject({ idRecorrencia: RECURRENCE_ID });
    await control.fault({ kind: "slowBody" });
    const incomplete = await read({ maxBytes: 1 });
    expect(incomplete.end).toBe("gave up");
    expect(() => JSON.parse(incomplete.text) as unknown).toThrow(SyntaxError);
    await expectCommits(1);
  });
});

describe("the fault redirect", () => {
  test("redirects to the sandbox, whose request log shows a client that follows", async () => {
    await control.fault({ kind: "redirect" });
    const { status, headers } = await delbank.cancel(RECURRENCE_ID);
    const location = headers.get("location") ?? "";
    expect([status, location]).toEqual([302, delbank.url("/__sandbox/redirected")]);
    await expectCommits(0);
    expect((await observeRequest(location)).status).toBe(200);
    expect((await control.requests()).at(-1)?.path).toBe("/__sandbox/redirected");
  });

  test("redirects to the given location with the given status", async () => {
    await control.fault({ kind: "redirect", status: 307, headers: { Location: "http://elsewhere.invalid/" } });
    const { status, headers } = await delbank.cancel(RECURRENCE_ID);
    expect([status, headers.get("location")]).toEqual([307, "http://elsewhere.invalid/"]);
  });
});

describe("the choice of a fault", () => {
  async function statuses(count: number): Promise<(number | undefined)[]> {
    const received: (number | undefined)[] = [];
    for (let index = 0; index < count; index += 1) received.push((await read()).status);
    return received;
  }

  test("is the first that matches and has times left, then the next", async () => {
    await control.call("faults", {
      method: "POST",
      body: [
        { match: {}, kind: "status", status: 501, times: 2 },
        { match: {}, kind: "status", status: 502 },
      ],
    });
    expect((await control.call("faults")).json).toMatchObject([
      { status: 501, times: 2 },
      { status: 502, times: 1 },
    ]);
    expect(await statuses(4)).toEqual([501, 501, 502, 200]);
    expect((await control.call("faults")).json).toEqual([]);
  });

  test.each([
    ["/automatic-pix/authorizations", 500],
    ["/baas/api/v1/automatic-pix/authorizations", 500],
    ["/baas/api/v1", 500],
    ["/", 500],
    ["/pix/automatic", 200],
    ["/authorizations", 200],
  ])("with match.path %s responds to an authorization's path with %i", async (path, status) => {
    await control.fault({ kind: "status", match: { path } });
    expect(await statuses(1)).toEqual([status]);
  });

  test.each(["/user/benefits", "/preprod/user/benefits"])(
    "with match.path %s applies to Avibra's path with and without /preprod",
    async (path) => {
      await avibra.control.fault({ kind: "status", times: 2, match: { path, method: "GET" } });
      expect((await avibra.benefits(MEMBER_ID)).status).toBe(500);
      const url = avibra.url(`/preprod/user/benefits/${MEMBER_ID}`);
      expect((await observeRequest(url, { headers: avibra.bearerHeaders() })).status).toBe(500);
    },
  );

  test("with match.method applies only to that method", async () => {
    await control.fault({ kind: "status", match: { method: "POST" } });
    expect(await statuses(1)).toEqual([200]);
    expect((await cancel()).status).toBe(500);
  });

  test("includes Avibra's token endpoint", async () => {
    await avibra.control.fault({ kind: "status", status: 503, match: { path: "/oauth2/token" } });
    expect((await avibra.token()).status).toBe(503);
    expect((await avibra.token()).status).toBe(200);
  });

  test("by a probability is the same for the same seed, and differs for another", async () => {
    const fault = { kind: "status", probability: 0.5, times: 1_000, match: { method: "GET" } };
    const runs: (number | undefined)[][] = [];
    for (const seed of [1, 1, 2]) {
      await control.reset();
      await control.fault({ ...fault, seed });
      runs.push(await statuses(40));
    }
    const [first, second, third] = runs;
    expect(second).toEqual(first);
    expect(third).not.toEqual(first);
    const failed = first?.filter((status) => status === 500).length ?? 0;
    expect(failed).toBeGreaterThan(8);
    expect(failed).toBeLessThan(32);
  });

  test("applies a fault with probability 0 never and one with probability 1 always", async () => {
    await control.fault({ kind: "status", status: 501, probability: 0, times: 9 });
    await control.fault({ kind: "status", status: 502, probability: 1, times: 9 });
    expect(await statuses(5)).toEqual([502, 502, 502, 502, 502]);
  });
});
