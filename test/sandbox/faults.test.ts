import { connect } from "node:net";
import { OLDER, useSandboxes } from "./vendor-clients";
import { type Exchange, observeRequest, type RequestOptions } from "../kit/http/request";

const { avibra, delbank } = useSandboxes();
const { control } = delbank;

const ACTIVE = "RR0435879820240605njua7shf40o";
const HEADERS = { "x-delbank-api-key": "sandbox-delbank-api-key", "x-delfinance-account-id": "10000" };
const BODY = JSON.stringify({
  payerAccountType: "NATURAL",
  cancellationReqDocument: "04623217035",
  cancellationReason: "REQUESTED_BY_PAYER",
});

/** Of an endless body the beginning is enough. */
const ONE_MEGABYTE = { maxTextBytes: 1_000_000 };

function cancel(call: RequestOptions = {}): Promise<Exchange> {
  const url = delbank.url(`${OLDER}/${ACTIVE}/cancellations`);
  return observeRequest(url, { method: "POST", headers: HEADERS, body: BODY, ...ONE_MEGABYTE, ...call });
}

function read(call: RequestOptions = {}): Promise<Exchange> {
  return observeRequest(delbank.url(`${OLDER}/${ACTIVE}`), { headers: HEADERS, ...ONE_MEGABYTE, ...call });
}

async function expectCommits(count: number): Promise<void> {
  expect(await control.commits()).toHaveLength(count);
  const { json } = await delbank.get(`${OLDER}/${ACTIVE}`);
  expect((json as { cancellations: unknown[] }).cancellations).toHaveLength(count);
}

/** How the connection ends below HTTP: "end" for a polite FIN, else the error's code. */
function socketEnd(): Promise<string> {
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

/** Waits for something the server does on its own time. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

describe("status", () => {
  test("answers 500 in the vendor's shape and commits nothing", async () => {
    await control.fault({ kind: "status" });
    const { status, text } = await cancel();
    expect(status).toBe(500);
    expect(JSON.parse(text)).toEqual({ message: "a fault of the sandbox" });
    await expectCommits(0);
    await avibra.control.fault({ kind: "status" });
    expect((await avibra.create("u-1", "k-1")).json).toMatchObject({ errorcode: "500" });
    expect(await avibra.control.commits()).toEqual([]);
  });

  test("answers the status, headers and body it is given; a text body goes as it is", async () => {
    const headers = { "retry-after": "7", "content-type": "text/plain" };
    await control.fault({ kind: "status", status: 429, headers, body: "slow down" });
    await control.fault({ kind: "status", status: 503, body: { why: ["so"] } });
    const first = await delbank.get(`${OLDER}/${ACTIVE}`);
    expect([first.status, first.text, first.headers.get("retry-after")]).toEqual([429, "slow down", "7"]);
    expect(first.headers.get("content-type")).toBe("text/plain");
    expect((await delbank.get(`${OLDER}/${ACTIVE}`)).json).toEqual({ why: ["so"] });
  });
});

describe("delay", () => {
  test("waits and then answers and commits as ever, also for a client that has gone", async () => {
    await control.fault({ kind: "delay", delayMs: 40 });
    const startedMs = performance.now();
    expect((await cancel({ timeoutMs: 10 })).end).toBe("gave up");
    await until(async () => (await control.commits()).length === 1);
    expect(performance.now() - startedMs).toBeGreaterThan(38);
    await expectCommits(1);
  });

  test("may precede any other kind", async () => {
    await control.fault({ kind: "status", delayMs: 30 });
    const startedMs = performance.now();
    expect((await cancel()).status).toBe(500);
    expect(performance.now() - startedMs).toBeGreaterThan(28);
  });
});

describe("reset", () => {
  test.each([
    ["resetBeforeCommit", 0],
    ["resetAfterCommit", 1],
  ])("%s resets the connection with %i commits", async (kind, commits) => {
    await control.fault({ kind });
    expect(await cancel()).toMatchObject({ end: "ECONNRESET", bytes: 0 });
    await expectCommits(commits);
  });

  test.each([
    ["resetBeforeCommit", "ECONNRESET"],
    ["resetAfterCommit", "ECONNRESET"],
    ["truncatedBody", "end"],
  ])("%s is on the wire an %s", async (kind, end) => {
    await control.fault({ kind });
    expect(await socketEnd()).toBe(end);
  });
});

describe("hang", () => {
  test("hangBeforeCommit never answers and never commits", async () => {
    await control.fault({ kind: "hangBeforeCommit" });
    expect((await cancel({ timeoutMs: 60 })).end).toBe("gave up");
    await expectCommits(0);
  });

  test("hangAfterCommit never answers and has committed", async () => {
    await control.fault({ kind: "hangAfterCommit" });
    const hanging = cancel({ timeoutMs: 5_000 });
    await until(async () => (await control.commits()).length === 1);
    await control.reset();
    expect((await hanging).end).toBe("ECONNRESET");
  });

  test("a reset of the sandbox ends what hangs", async () => {
    await control.fault({ kind: "hangBeforeCommit" });
    const hanging = read();
    await until(async () => (await control.requests()).length === 1);
    await control.reset();
    expect((await hanging).end).toBe("ECONNRESET");
  });
});

describe("a spoilt body hides an effect that happened", () => {
  test("truncatedBody announces all, sends half and hangs up", async () => {
    await control.fault({ kind: "truncatedBody" });
    const { end, status, contentLength, bytes } = await cancel();
    expect([end, status]).toEqual(["cut", 200]);
    expect(bytes).toBe(Math.floor(Number(contentLength) / 2));
    expect(bytes).toBeGreaterThan(0);
    await expectCommits(1);
  });

  test("malformedJson is whole and does not parse, even when the answer is a bare string", async () => {
    await control.fault({ kind: "malformedJson" });
    const { end, text } = await cancel();
    expect(end).toBe("answered");
    expect(text).toContain("idCancelamento");
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    await expectCommits(1);
    await avibra.control.fault({ kind: "malformedJson" });
    const { text: bare } = await avibra.create("u-1", "k-1");
    expect(() => JSON.parse(bare) as unknown).toThrow(SyntaxError);
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test("wrongShape is JSON of another shape, or of the one given", async () => {
    await control.fault({ kind: "wrongShape" });
    await control.fault({ kind: "wrongShape", body: { RecurrenceId: null } });
    expect(JSON.parse((await cancel()).text)).toEqual({ unexpected: { shape: [1, "two", null] } });
    expect(JSON.parse((await read()).text)).toEqual({ RecurrenceId: null });
    await expectCommits(1);
  });

  test("emptyBody is empty, and with status 500 it is an error after the commit", async () => {
    await control.fault({ kind: "emptyBody", status: 500, headers: { "x-marked": "yes" } });
    expect(await cancel()).toMatchObject({ end: "answered", status: 500, bytes: 0, contentLength: "0" });
    await expectCommits(1);
  });

  test("htmlBody is a page", async () => {
    await control.fault({ kind: "htmlBody", status: 502, headers: { "x-marked": "yes" } });
    const { status, headers, text } = await delbank.cancel(ACTIVE);
    expect([status, headers.get("content-type"), headers.get("x-marked")]).toEqual([502, "text/html", "yes"]);
    expect(text).toContain("<html>");
    await expectCommits(1);
  });

  test("hugeBody is 25 MB of JSON whose size is not announced", async () => {
    await control.fault({ kind: "hugeBody" });
    const { end, status, contentLength, bytes, text } = await cancel();
    expect([end, status, contentLength]).toEqual(["answered", 200, undefined]);
    expect(bytes).toBeGreaterThanOrEqual(25_000_000);
    expect(text.startsWith('{"padding":"aaa')).toBe(true);
    await expectCommits(1);
  });

  test("endlessBody goes on for as long as the client reads, and not longer", async () => {
    await control.fault({ kind: "endlessBody" });
    expect((await cancel({ maxBytes: 40_000_000 })).end).toBe("gave up");
    await expectCommits(1);
  });

  test("slowBody sends one byte at a time, the whole of it in the end", async () => {
    await control.fault({ kind: "slowBody", delayMs: 1, match: { method: "post" } });
    const startedMs = performance.now();
    const { end, text, bytes } = await cancel();
    expect(end).toBe("answered");
    expect(performance.now() - startedMs).toBeGreaterThan(bytes);
    expect(JSON.parse(text)).toMatchObject({ idRecorrencia: ACTIVE });
    await control.fault({ kind: "slowBody" });
    expect((await read({ timeoutMs: 30 })).end).toBe("gave up");
    await expectCommits(1);
  });
});

describe("redirect", () => {
  test("points to this server, and a client that follows is seen in the log", async () => {
    await control.fault({ kind: "redirect" });
    const { status, headers } = await delbank.cancel(ACTIVE);
    const location = headers.get("location") ?? "";
    expect([status, location]).toEqual([302, delbank.url("/__sandbox/redirected")]);
    await expectCommits(0);
    expect((await observeRequest(location)).status).toBe(200);
    expect((await control.requests()).at(-1)?.path).toBe("/__sandbox/redirected");
  });

  test("goes where it is told with the status it is told", async () => {
    await control.fault({ kind: "redirect", status: 307, headers: { Location: "http://elsewhere.invalid/" } });
    const { status, headers } = await delbank.cancel(ACTIVE);
    expect([status, headers.get("location")]).toEqual([307, "http://elsewhere.invalid/"]);
  });
});

describe("which fault is played", () => {
  async function statuses(count: number): Promise<(number | undefined)[]> {
    const seen: (number | undefined)[] = [];
    for (let index = 0; index < count; index += 1) seen.push((await read()).status);
    return seen;
  }

  test("the first that matches and has times left, then the next", async () => {
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
  ])("a path that begins with %s answers %i", async (path, status) => {
    await control.fault({ kind: "status", match: { path } });
    expect(await statuses(1)).toEqual([status]);
  });

  test.each(["/user/benefits", "/preprod/user/benefits"])(
    "%s means Avibra's path with and without /preprod",
    async (path) => {
      await avibra.control.fault({ kind: "status", times: 2, match: { path, method: "GET" } });
      expect((await avibra.benefits("u-1001")).status).toBe(500);
      const url = avibra.url("/preprod/user/benefits/u-1001");
      expect((await observeRequest(url, { headers: avibra.bearerHeaders() })).status).toBe(500);
    },
  );

  test("a fault for another method waits for that method", async () => {
    await control.fault({ kind: "status", match: { method: "POST" } });
    expect(await statuses(1)).toEqual([200]);
    expect((await cancel()).status).toBe(500);
  });

  test("the token endpoint is not spared", async () => {
    await avibra.control.fault({ kind: "status", status: 503, match: { path: "/oauth2/token" } });
    expect((await avibra.token()).status).toBe(503);
    expect((await avibra.token()).status).toBe(200);
  });

  test("a seeded probability falls the same way twice, another seed another way", async () => {
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

  test("a probability of 0 never and one of 1 always applies", async () => {
    await control.fault({ kind: "status", status: 501, probability: 0, times: 9 });
    await control.fault({ kind: "status", status: 502, probability: 1, times: 9 });
    expect(await statuses(5)).toEqual([502, 502, 502, 502, 502]);
  });
});
