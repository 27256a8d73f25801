import { createOperationHandlers } from "../../src/app/operation-handlers";
import { type OperationHandler } from "../../src/platform/operations/operation-handler";
import { CONFIRMATION_WINDOW_MS, createControlledStore, SEND_WINDOW_MS } from "../kit/operations/controlled-store";
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
/** Keys of operations whose confirmation has begun, in order. */
let confirmations: string[];

/** Confirmations at Delbank hang until `open` for the operations that `hangs` selects; the others end at once. */
async function start(hangs: (key: string) => boolean): Promise<void> {
  const gate = new Promise<void>((resolve) => (open = resolve));
  confirmations = [];
  const cancel: OperationHandler<{ key: string }> = {
    provider: "delbank",
    repeat: "once",
    perform: () => Promise.resolve(SUCCEEDED),
    onRejection: () => undefined,
    async confirm({ key }) {
      confirmations.push(key);
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
test("each kind of operation names the provider that its mutation writes to", () => {
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

  /** An operation whose process died before or after it was sent. Each is due 1 ms after the previous one. */
  async function abandon(kind: string, key: string, wasSent: boolean): Promise<string> {
    const claim = createClaim({ kind, idempotencyKey: key, input: { key }, now: bench.now() });
    const { operation, lease } = expectClaimed(await bench.store.claim(claim));
    if (wasSent) await bench.store.markSent(operation, lease, bench.now());
    bench.advance(1);
    return operation.id;
  }
  const abandonCancellations = async (count: number) => {
    for (let n = 0; n < count; n += 1) await abandon("cancel", `cancel-${String(n).padStart(3, "0")}`, true);
  };
  const statusOf = async (id: string) => (await bench.store.find(id))?.status;
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await pause();
  }
  const leaseAll = () => bench.store.leaseDue({ owner: "three", leaseMs: LEASE_MS, now: bench.now(), limit: 1000 });

  test("does not delay an operation at one provider while 300 hang at the other", async () => {
    await start(() => true);
    await abandonCancellations(300);
    const update = await abandon("update", "update", false);
    bench.advance(LEASE_MS);
    bench.reconciler.start();
    await until(async () => (await statusOf(update)) === "SUCCEEDED");
    await until(() => confirmations.length === SLOTS);
    // Operations without a free slot are not leased.
    expect(await leaseAll()).toHaveLength(300 - SLOTS);
  });

  test("confirms the longest due first, and a hanging confirmation delays no other at the same provider", async () => {
    await start((key) => key === "cancel-003");
    await abandonCancellations(100);
    bench.advance(LEASE_MS);
    bench.reconciler.start();
    await until(() => confirmations.length === 100);
    expect(confirmations).toEqual(confirmations.toSorted());
    const stuck = await bench.store.findByKey("principal-1", "cancel-003");
    expect(stuck?.status).toBe("PENDING");
    await until(
      async () =>
        (await statusOf((await bench.store.findByKey("principal-1", "cancel-099"))?.id ?? "")) === "SUCCEEDED",
    );
    open();
    await until(async () => (await statusOf(stuck?.id ?? "")) === "SUCCEEDED");
  });

  test("waits for running confirmations when it stops, and leases no more operations", async () => {
    await start(() => true);
    await abandonCancellations(50);
    bench.advance(LEASE_MS);
    bench.reconciler.start();
    await until(() => confirmations.length === SLOTS);
    const order: string[] = [];
    const stopped = bench.reconciler.stop().then(() => order.push("stopped"));
    await pause(); // a stop that does not wait would come first
    order.push("opened");
    open();
    await stopped;
    expect(order).toEqual(["opened", "stopped"]);
    expect(confirmations).toHaveLength(SLOTS);
    expect(await leaseAll()).toHaveLength(50 - SLOTS); // each of the others is free for another process
  });

  test("leaves an operation of an unregistered kind PENDING for a newer release, and never parks it", async () => {
    await start(() => false);
    const unknown = await abandon("newer", "newer", true);
    bench.advance(LEASE_MS);
    await bench.reconciler.pollOnce();
    expect(await statusOf(unknown)).toBe("PENDING");
    expect(bench.logs.join("")).toContain("unknown operation kind: skipped for a newer release");
    expect(await leaseAll()).toEqual([]); // for a minute
    bench.advance(72_000_000 + CONFIRMATION_WINDOW_MS);
    await bench.reconciler.pollOnce();
    expect(await statusOf(unknown)).toBe("PENDING");
    bench.advance(60_000);
    expect(await leaseAll()).toHaveLength(1);
  });

  test("ends an operation of an unregistered kind as FAILED after the send window if it was never sent", async () => {
    await start(() => false);
    const unknown = await abandon("newer", "newer", false);
    bench.advance(SEND_WINDOW_MS - 1);
    await bench.reconciler.pollOnce();
    expect(await statusOf(unknown)).toBe("PENDING");
    bench.advance(60_000);
    await bench.reconciler.pollOnce();
    expect(await bench.store.find(unknown)).toMatchObject({
      status: "FAILED",
      attempts: 0,
      failure: { retryable: true },
    });
    expect(bench.executed).toMatchObject([{ id: unknown, status: "FAILED" }]);
  });
});
