import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { z } from "zod";
import { path } from "../../../../src/platform/http/client/path";
import { createTestHttpClient } from "../../../kit/http/test-http-client";

const server = createServer((_request, response) => response.end('"answer"'));
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Whether a call that may take `timeoutMs` itself is sent with this much of its operation's time left. */
async function isSent(timeoutMs: number, remainingMs: number): Promise<boolean> {
  let sent = 0;
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = createTestHttpClient({ baseUrl, onAttemptSend: () => (sent += 1) });
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
