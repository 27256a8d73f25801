import { createOperationHandlers } from "../../src/app/operation-handlers";
import { type OperationHandler } from "../../src/platform/operations/operation-handler";
import { CONFIRMATION_WINDOW_MS, createControlledStore } from "../kit/operations/controlled-store";
import { expectClaimed, createClaim, LEASE_MS } from "../kit/operations/test-store";
import { MUTATIONS } from "../kit/seeds/mutations";
import { type AvibraClient } from "../../src/providers/avibra/avibra.client";
import { type DelbankClient } from "../../src/providers/delbank/delbank.client";

const SUCCEEDED = { status: "SUCCEEDED" } as const;
const SLOTS = 20;
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

type Bench = Awaited<ReturnType<typeof createControlledStore>>;
let bench: Bench;
let open: () => void;
/** Keys of operations whose look has begun, in order. */
let looks: string[];

/** Looks at Delbank hang until the gate is opened, for the operations that `hangs` names; the rest are confirmed at once. */
async function start(hangs: (key: string) => boolean): Promise<void> {
  const gate = new Promise<void>((resolve) => (open = resolve));
  looks = [];
  const cancel: OperationHandler<{ key: string }> = {
    provider: "delbank",
    repeat: "once",
    perform: () => Promise.resolve(SUCCEEDED),
    onRejection: () => undefined,
    async confirm({ key }) {
      looks.push(key);
      if (hangs(key)) await gate;
      return SUCCEEDED;
    },
  };
  const update: OperationHandler<unknown> = {
    provider: "avibra",
    repeat: "keyed",
    perform: () => Promise.resolve(SUCCEEDED),
    onRejection: () => undefined,
  };
  bench = await createControlledStore({ cancel, update });
}
test("each kind of operation names the provider that it asks", () => {
  const handlers = createOperationHandlers({
    avibra: {} as AvibraClient,
    delbank: {} as DelbankClient,
    portalUrl: "https://portal.example",
  });
  const named = Object.fromEntries(Object.entries(handlers).map(([kind, { provider }]) => [kind, provider]));
  expect(named).toEqual(Object.fromEntries(MUTATIONS.map(({ kind, vendor }) => [kind, vendor])));
});

describe("the reconciler", () => {
  afterEach(async () => {
    open();
    await bench.reconciler.stop();
    await bench.database.close();
  });

  /** An operation whose process died: before it was sent, or after. Each is due 1 ms after the one before. */
  async function left(kind: string, key: string, wasSent: boolean): Promise<string> {
    const claim = createClaim({ kind, idempotencyKey: key, input: { key }, now: bench.now() });
    const { operation, lease } = expectClaimed(await bench.store.claim(claim));
    if (wasSent) await bench.store.markSent(operation, lease, bench.now());
    bench.advance(1);
    return operation.id;
  }
  const leave = async (count: number) => {
    for (let n = 0; n < count; n += 1) await left("cancel", `cancel-${String(n).padStart(3, "0")}`, true);
  };
  const statusOf = async (id: string) => (await bench.store.find(id))?.status;
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await pause();
  }
  const take = () => bench.store.leaseDue({ owner: "three", leaseMs: LEASE_MS, now: bench.now(), limit: 1000 });

  test("300 cancellations at a provider that hangs do not delay an operation at the other one", async () => {
    await start(() => true);
    await leave(300);
    const update = await left("update", "update", false);
    bench.advance(LEASE_MS);
    bench.reconciler.start();
    await until(async () => (await statusOf(update)) === "SUCCEEDED");
    await until(() => looks.length === SLOTS);
    // What there is no room for is not leased either.
    expect(await take()).toHaveLength(300 - SLOTS);
  });

  test("a look that hangs holds up no other one at the same provider; those due longest come first", async () => {
    await start((key) => key === "cancel-003");
    await leave(100);
    bench.advance(LEASE_MS);
    bench.reconciler.start();
    await until(() => looks.length === 100);
    expect(looks).toEqual(looks.toSorted());
    const stuck = await bench.store.findByKey("principal-1", "cancel-003");
    expect(stuck?.status).toBe("PENDING");
    await until(
      async () =>
        (await statusOf((await bench.store.findByKey("principal-1", "cancel-099"))?.id ?? "")) === "SUCCEEDED",
    );
    open();
    await until(async () => (await statusOf(stuck?.id ?? "")) === "SUCCEEDED");
  });

  test("what is under way when the program stops is waited for, and nothing more is taken", async () => {
    await start(() => true);
    await leave(50);
    bench.advance(LEASE_MS);
    bench.reconciler.start();
    await until(() => looks.length === SLOTS);
    const order: string[] = [];
    const stopped = bench.reconciler.stop().then(() => order.push("stopped"));
    await pause(); // so that a stop that does not wait comes first
    order.push("opened");
    open();
    await stopped;
    expect(order).toEqual(["opened", "stopped"]);
    expect(looks).toHaveLength(SLOTS);
    expect(await take()).toHaveLength(50 - SLOTS); // each of the others is free for another process
  });

  test("an operation of a kind that is not registered waits for a release that knows it, and is never given up", async () => {
    await start(() => false);
    const unknown = await left("newer", "newer", false);
    bench.advance(LEASE_MS);
    await bench.reconciler.pollOnce();
    expect(await statusOf(unknown)).toBe("PENDING");
    expect(bench.logs.join("")).toContain("unknown operation kind: skipped for a newer release");
    expect(await take()).toEqual([]); // for a minute
    bench.advance(72_000_000 + CONFIRMATION_WINDOW_MS);
    await bench.reconciler.pollOnce();
    expect(await statusOf(unknown)).toBe("PENDING");
    bench.advance(60_000);
    expect(await take()).toHaveLength(1);
  });
});
