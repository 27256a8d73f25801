import { createRemoteKeySet } from "../../../src/platform/auth/remote-key-set";
import { cacheVerifiedTokens } from "../../../src/platform/auth/verified-token-cache";
import { createProviderGuard } from "../../../src/platform/http/client/provider-guard";
import { ProviderFailure } from "../../../src/platform/http/client/provider-failure";
import { createReadCache } from "../../../src/platform/reads/read-cache";
import { toCallerScope } from "../../../src/platform/reads/cache-key";
import { SubgraphError } from "../../../src/platform/errors/subgraph-error";
import { type Clock, type Moment, systemClock } from "../../../src/platform/kernel/clock";
import { createDeadline, withDeadline } from "../../../src/platform/kernel/deadline";
import { addMs, type MonotonicClock, monotonicClock, msBetween } from "../../../src/platform/kernel/monotonic-clock";
import { createTokenSource } from "../../../src/providers/avibra/token-source";
import { createTestClocks } from "../../kit/clocks";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { createKey, toJwk } from "../../kit/tokens/jwt";
import { waitFor } from "../../kit/wait-for";
import { startTokenIssuer } from "../../kit/tokens/token-issuer";

const TEN_MINUTES_MS = 600_000;
const OPEN_MS = 5000;
const CALL = "vendor.things.list";
const never = new AbortController().signal;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(() => {
  jest.restoreAllMocks();
});

/** Sets the machine's wall clock, for libraries as well; the monotonic one goes on. */
function setMachineBy(ms: number): void {
  const read = Date.now.bind(Date);
  jest.spyOn(Date, "now").mockImplementation(() => read() + ms);
}

describe.each([
  ["back", -TEN_MINUTES_MS],
  ["forward", TEN_MINUTES_MS],
])("when the wall clock is set %s by ten minutes,", (_direction, stepMs) => {
  test("a deadline ends at its time", () => {
    const { monotonic, advance, shiftWallClock } = createTestClocks(Date.now());
    const deadline = createDeadline(monotonic, 1000);
    shiftWallClock(stepMs);
    setMachineBy(stepMs);
    advance(400);
    expect(deadline.remainingMs()).toBe(600);
    advance(600);
    expect(deadline.remainingMs()).toBe(0);
  });

  test("a deadline by the machine's monotonic clock ends", async () => {
    const deadline = createDeadline(monotonicClock, 50);
    setMachineBy(stepMs);
    expect(deadline.remainingMs()).toBeLessThanOrEqual(50);
    const late = withDeadline(deadline, new Promise(() => undefined), () => new Error("late"));
    await expect(late).rejects.toThrow("late");
    await pause(10); // timers may be a little early
    expect(deadline.remainingMs()).toBe(0);
  });

  test("a circuit breaker stays open for its time, then lets one call through, and closes", async () => {
    const { monotonic, advance } = createTestClocks(Date.now());
    const guard = createProviderGuard({
      ...{ concurrency: 2, queueLength: 2, minCalls: 4, failurePercent: 50, slowCallMs: 60_000, openMs: OPEN_MS },
      monotonic,
    });
    const fail = () => Promise.reject(new ProviderFailure({ kind: "unavailable", call: CALL, reason: "test" }));
    for (let call = 0; call < 4; call += 1) await guard.run(CALL, fail, never).catch(() => undefined);
    setMachineBy(stepMs);
    const work = jest.fn(() => Promise.resolve("answer"));
    advance(OPEN_MS - 1);
    await expect(guard.run(CALL, work, never)).rejects.toMatchObject({ reason: "circuit open", shortCircuited: true });
    expect(work).not.toHaveBeenCalled();
    advance(1);
    await expect(guard.run(CALL, work, never)).resolves.toBe("answer");
    expect(guard.state().breakers).toEqual({ "vendor.things": "closed" });
  });

  test("a cached read becomes stale at its time", async () => {
    const { monotonic, advance } = createTestClocks(Date.now());
    const terms = { freshMs: 5000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, maxBytes: 100_000 };
    const reads = createReadCache({ monotonic, ...terms });
    const fetch = jest.fn(() => Promise.resolve({}));
    const read = () =>
      reads.get(
        {
          scope: toCallerScope({ userId: "u-1", scopes: new Set() }),
          ...{ endpoint: "benefits", args: ["u-1"], tag: "user/u-1", timeoutMs: 1000, fetch },
          onResult: () => undefined,
          createTimeoutError: () => new SubgraphError("PROVIDER_TIMEOUT"),
        },
        createDeadline(monotonic, 1000),
      );
    await read();
    setMachineBy(stepMs);
    advance(4999);
    await read();
    expect(fetch).toHaveBeenCalledTimes(1);
    advance(1);
    await read();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test("a caller's token is verified again after a minute", async () => {
    const { clock, monotonic, advance, shiftWallClock } = createTestClocks(Date.now());
    const verify = jest.fn(() =>
      Promise.resolve({ caller: { userId: "u-1", scopes: new Set<string>() }, expiresAt: clock.now() + 3_600_000 }),
    );
    const verifyCached = cacheVerifiedTokens(verify, { clock, monotonic });
    const verified = await verifyCached("token");
    expect(Object.keys(verified)).toEqual(["caller", "expiresAt"]);
    shiftWallClock(stepMs);
    advance(59_999);
    expect(await verifyCached("token")).toBe(verified);
    expect(verify).toHaveBeenCalledTimes(1);
    advance(1);
    await verifyCached("token");
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test("a key set is fetched again after ten minutes", async () => {
    const { monotonic, advance } = createTestClocks(Date.now());
    const key = createKey("ES256", "first");
    const keyServer = await startTokenIssuer([toJwk(key)]);
    try {
      const keys = createRemoteKeySet(keyServer.url, monotonic);
      const find = () => keys({ alg: key.alg, kid: key.kid }, { payload: "", signature: "" });
      await find();
      setMachineBy(stepMs);
      advance(599_999);
      await find();
      expect(keyServer.paths).toHaveLength(1);
      advance(1);
      await find();
      await waitFor(() => keyServer.paths.length === 2 || undefined);
    } finally {
      await keyServer.close();
    }
  });

  test("an access token ends with its lifetime", async () => {
    const { monotonic, advance } = createTestClocks(Date.now());
    const fetchToken = jest.fn(() => Promise.resolve({ token: "token", lifetimeSeconds: 3600 }));
    const tokens = createTokenSource({ fetchToken, monotonic, random: () => 0.5 });
    await tokens.getToken();
    setMachineBy(stepMs);
    advance(1000);
    await tokens.getToken();
    expect(tokens.state()).toMatchObject({ held: true, ageMs: 1000 });
    expect(fetchToken).toHaveBeenCalledTimes(1);
    advance(3_600_000);
    expect(tokens.state()).toMatchObject({ held: false, expiresInMs: 0 });
    await tokens.getToken();
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
});

describe("in the whole subgraph, when the wall clock is set back by ten minutes", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph({ READ_CACHE_MS: "20", READ_CACHE_STALE_MS: "0" });
  });
  afterAll(() => subgraph.stop());

  test("a cached read is sent to the provider again after READ_CACHE_MS", async () => {
    const read = () => subgraph.graphql("{ me { benefits { id } } }");
    await read();
    setMachineBy(-TEN_MINUTES_MS);
    await pause(30);
    expect(await read()).toMatchObject({ data: { me: { benefits: expect.any(Array) } } });
    const requests = await subgraph.avibra.requests();
    expect(requests.filter(({ path }) => path.startsWith("/user/benefits"))).toHaveLength(2);
  });
});

test("the compiler rejects a time of one clock in place of the other's", () => {
  const moment: Moment = systemClock.now();
  const instant = monotonicClock.now();
  const refused = (): unknown => [
    // @ts-expect-error -- no duration between clocks
    msBetween(moment, instant),
    // @ts-expect-error -- an instant is no number to store
    instant - moment,
    // @ts-expect-error -- a deadline is no moment
    createDeadline(systemClock, 1000),
    // @ts-expect-error -- and a wall clock no monotonic one
    systemClock satisfies MonotonicClock,
    // @ts-expect-error -- nor the other way round
    monotonicClock satisfies Clock,
  ];
  expect(refused).toBeInstanceOf(Function);
  expect(msBetween(instant, addMs(instant, 5))).toBeCloseTo(5);
});
