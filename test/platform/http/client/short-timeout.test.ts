import { z } from "zod";
import { path } from "../../../../src/platform/http/client/path";
import { type HttpServer, startHttpServer } from "../../../kit/http/http-server";
import { createTestHttpClient } from "../../../kit/http/test-http-client";

let server: HttpServer;
beforeAll(async () => (server = await startHttpServer((_request, response) => response.end('"answer"'))));
afterAll(() => server.close());

/** Whether a call that may take `timeoutMs` itself is sent with this much of its operation's time left. */
async function isSent(timeoutMs: number, remainingMs: number): Promise<boolean> {
  let sent = 0;
  const http = createTestHttpClient({ baseUrl: server.url, onAttemptSend: () => (sent += 1) });
  const call = { name: "test.call", method: "GET", path: path`/`, repeat: "keyed", timeoutMs } as const;
  await http.call({ ...call, response: z.string() }, { remainingMs: () => remainingMs }).catch(() => undefined);
  await http.close();
  return sent === 1;
}

test.each([
  ["little time left, of much", 60_000, 199, false],
  ["enough of it", 60_000, 30_000, true],
  ["all of its own short time, less the moments until it is sent", 200, 199.9, true],
  ["hardly any of its own short time", 200, 99, false],
])("a call with %s (%d ms, %d ms left) is sent: %s", async (_what, timeoutMs, remainingMs, expected) => {
  expect(await isSent(timeoutMs, remainingMs)).toBe(expected);
});
