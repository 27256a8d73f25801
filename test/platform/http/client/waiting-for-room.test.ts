import { type AxiosAdapter, type AxiosResponse } from "axios";
import { z } from "zod";
import { createAttempts } from "../../../../src/platform/http/client/attempt";
import { path } from "../../../../src/platform/http/client/path";
import { createProviderGuard } from "../../../../src/platform/http/client/provider-guard";
import { MIN_ATTEMPT_MS } from "../../../../src/platform/http/client/retry-delay";
import { createDeadline } from "../../../../src/platform/kernel/deadline";
import { createTestClocks } from "../../../kit/clocks";

const CALL_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 10_000;
const call = {
  name: "test.call",
  method: "POST",
  path: path`/`,
  repeat: "keyed",
  timeoutMs: CALL_TIMEOUT_MS,
  response: z.string(),
} as const;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A call that waits for the only slot of its provider's host, which another call occupies until `free`. */
function startQueuedCall({
  signal,
  isProbe = false,
}: { readonly signal?: AbortSignal; readonly isProbe?: boolean } = {}) {
  const clocks = createTestClocks(0);
  let sentCount = 0;
  let respond = (): void => undefined;
  const adapter: AxiosAdapter = ({ signal }) => {
    sentCount += 1;
    return new Promise<AxiosResponse>((resolve, reject) => {
      respond = () => {
        resolve({ data: '"response"', status: 200 } as AxiosResponse);
      };
      signal?.addEventListener?.("abort", () => {
        reject(new Error("aborted"));
      });
    });
  };
  const startAttempt = createAttempts({
    createAdapter: (onHeadersSent) => (config) => {
      onHeadersSent();
      return adapter(config);
    },
    close: () => Promise.resolve(),
  });
  const limits = { concurrency: 1, queueLength: 10, minCalls: 100, failurePercent: 50, slowCallMs: 5000, openMs: 1000 };
  const guard = createProviderGuard({ ...limits, monotonic: clocks.monotonic });
  const { promise: held, resolve: free } = Promise.withResolvers<undefined>();
  void guard.run("test.other", () => held, new AbortController().signal);

  const deadline = createDeadline(clocks.monotonic, REQUEST_TIMEOUT_MS, signal);
  const attempt = startAttempt({ call, deadline, parse: ({ data }: AxiosResponse<string>) => data });
  const send = () => attempt.send(isProbe);
  const result = guard.run(call.name, send, attempt.signal).catch((error: unknown) => attempt.toFailure(error));
  return {
    result,
    free: () => {
      free(undefined);
    },
    respond: () => {
      respond();
    },
    sentCount: () => sentCount,
    async advance(ms: number) {
      clocks.advance(ms);
      await jest.advanceTimersByTimeAsync(ms);
    },
  };
}

describe("a provider call that waited for a free slot", () => {
  test("longer than its own timeout has its full timeout for the response", async () => {
    const queued = startQueuedCall();
    await queued.advance(5 * CALL_TIMEOUT_MS);
    expect(queued.sentCount()).toBe(0);
    queued.free();
    await queued.advance(CALL_TIMEOUT_MS - 1);
    expect(queued.sentCount()).toBe(1);
    queued.respond();
    expect(await queued.result).toBe('"response"');
  });

  test("times out once its own timeout has passed since it was sent, and may have been received", async () => {
    const queued = startQueuedCall();
    await queued.advance(5 * CALL_TIMEOUT_MS);
    queued.free();
    await queued.advance(CALL_TIMEOUT_MS);
    expect(await queued.result).toMatchObject({ kind: "timeout", maybeReceived: true });
  });

  test("until its request has too little time left is not sent, and certainly not received", async () => {
    const queued = startQueuedCall();
    await queued.advance(REQUEST_TIMEOUT_MS - MIN_ATTEMPT_MS + 1);
    queued.free();
    expect(await queued.result).toMatchObject({ kind: "timeout", maybeReceived: false });
    expect(queued.sentCount()).toBe(0);
  });

  test("until it is cancelled fails without being sent", async () => {
    const cancellation = new AbortController();
    const queued = startQueuedCall(cancellation);
    cancellation.abort();
    expect(await queued.result).toMatchObject({ kind: "cancelled", maybeReceived: false, shortCircuited: true });
    queued.free();
    await queued.advance(1);
    expect(queued.sentCount()).toBe(0);
  });

  test("and was sent ends at once when it is cancelled", async () => {
    const cancellation = new AbortController();
    const queued = startQueuedCall(cancellation);
    queued.free();
    await queued.advance(1);
    cancellation.abort();
    expect(await queued.result).toMatchObject({ kind: "cancelled", maybeReceived: true, shortCircuited: false });
  });

  test("and was sent as the probe of a circuit is not cancelled", async () => {
    const cancellation = new AbortController();
    const queued = startQueuedCall({ signal: cancellation.signal, isProbe: true });
    queued.free();
    await queued.advance(1);
    cancellation.abort();
    queued.respond();
    expect(await queued.result).toBe('"response"');
  });

  test("until its request has no time left fails without being sent", async () => {
    const queued = startQueuedCall();
    await queued.advance(REQUEST_TIMEOUT_MS);
    expect(await queued.result).toMatchObject({ kind: "timeout", maybeReceived: false });
    queued.free();
    await queued.advance(1);
    expect(queued.sentCount()).toBe(0);
  });
});
