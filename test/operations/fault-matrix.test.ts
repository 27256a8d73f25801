import { countCommits, sendMutation, type MutationCase, MUTATIONS, fetchOperation } from "../kit/seeds/mutations";
import { reconciledStatuses, waitForReconciled } from "../kit/operations/reconciled";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { startTcpSwitch, type TcpSwitch } from "../kit/network/tcp-switch";

type Fault = Readonly<Record<string, unknown>> | "refused";

/** Every fault. Each lasts for as many calls as one request may make, so that only the reconciler gets past it. */
const FAULTS: Readonly<Record<string, Fault>> = {
  "refused connection": "refused",
  "reset before commit": { kind: "resetBeforeCommit" },
  "reset after commit": { kind: "resetAfterCommit" },
  "hang before commit": { kind: "hangBeforeCommit" },
  "hang after commit": { kind: "hangAfterCommit" },
  "500 before commit": { kind: "status", status: 500 },
  "500 after commit": { kind: "emptyBody", status: 500 },
  "truncated 200": { kind: "truncatedBody" },
  "malformed 200": { kind: "malformedJson" },
  "empty 200": { kind: "emptyBody" },
  "429 with Retry-After": { kind: "status", status: 429, headers: { "retry-after": "1" } },
};
const TIMES = 3;

/** Faults that lose a cancellation before Delbank receives it. The subgraph cannot know that, so it needs manual review. */
const LOST_IN_TRANSIT = ["reset before commit", "hang before commit", "500 before commit"];

/**
 * Short timeouts only where they must run out: of a call that hangs, and of a cancellation that is never confirmed. The token and the
 * authorization are read under the timeout of the call that hangs, on any machine.
 */
const HANGS = { AVIBRA_TIMEOUT_MS: "10000", DELBANK_TIMEOUT_MS: "10000" };
const IS_LOST = { CONFIRMATION_WINDOW_MS: "1000" };

/** Faults that one subgraph plays in turn. The lanes run at the same time. */
interface Lane {
  readonly faults: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}
const LANES: readonly Lane[] = [
  { faults: ["refused connection", "reset after commit"] },
  { faults: ["500 after commit", "truncated 200"] },
  { faults: ["malformed 200", "empty 200"] },
  { faults: ["429 with Retry-After"] },
  { faults: ["reset before commit", "500 before commit"], environment: IS_LOST },
  { faults: ["hang before commit"], environment: { ...HANGS, ...IS_LOST } },
  { faults: ["hang after commit"], environment: HANGS },
];
const VENDORS = ["avibra", "delbank"] as const;
const FINAL = ["SUCCEEDED", "FAILED", "NEEDS_ATTENTION"];

interface Bench {
  readonly subgraph: TestSubgraph;
  readonly switches: Readonly<Record<(typeof VENDORS)[number], TcpSwitch>>;
}

interface Cell {
  readonly mutation: MutationCase;
  readonly fault: string;
  readonly statuses: readonly string[];
  readonly commits: number;
  readonly effects: number;
  /** Requests to the endpoint that has the effect. */
  readonly sends: number;
  readonly linksShown: number;
  /** The operation in the end, by `operation(id)`. */
  readonly settled: { readonly id: string; readonly status: string };
  /** The response to the same key in the end. */
  readonly again: { readonly operation: unknown };
}

/** The first response to a mutation under a fault. */
async function sendFirst(subgraph: TestSubgraph, mutation: MutationCase, fault: string) {
  const input = { ...mutation.input, idempotencyKey: `${fault}/${mutation.name}`.replaceAll(" ", "-") };
  const { data, errors } = await sendMutation(subgraph, mutation, { input });
  if (errors) throw new Error(`${mutation.name}, ${fault}: ${JSON.stringify(errors)}`);
  return { mutation, fault, input, first: data[mutation.name] };
}

/** Follows one mutation from its first response to the end of its operation. */
async function follow(
  subgraph: TestSubgraph,
  { mutation, fault, input, first }: Awaited<ReturnType<typeof sendFirst>>,
) {
  const { id, status } = first.operation as { id: string; status: string };
  // An operation that never settles fails its own test, not the whole matrix.
  if (!FINAL.includes(status)) await waitForReconciled(subgraph, id, FINAL).catch(() => undefined);
  const settled = await fetchOperation(subgraph, id);
  const statuses = [status, ...reconciledStatuses(subgraph, id)].filter((one, at, all) => one !== all[at - 1]);
  const again = (await sendMutation(subgraph, mutation, { input })).data[mutation.name];
  const linksShown = [first, again].filter(({ portalUrl }) => portalUrl).length;
  return { mutation, fault, statuses, settled, again, linksShown };
}

/** Every mutation under one fault; each writes to another endpoint, so they do not interfere. */
async function playRow({ subgraph, switches }: Bench, fault: string): Promise<Cell[]> {
  await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
  const play = FAULTS[fault] ?? "refused";
  if (play === "refused") await Promise.all(VENDORS.map((vendor) => switches[vendor].close()));
  else
    for (const { vendor, method, path } of MUTATIONS)
      await subgraph[vendor].addFault({ ...play, match: { method, path }, times: TIMES });
  const firsts = await Promise.all(MUTATIONS.map((mutation) => sendFirst(subgraph, mutation, fault)));
  if (play === "refused") await Promise.all(VENDORS.map((vendor) => switches[vendor].open()));
  const rows = await Promise.all(firsts.map((first) => follow(subgraph, first)));
  const received = {
    avibra: { state: await subgraph.avibra.state(), requests: await subgraph.avibra.requests() },
    delbank: { state: await subgraph.delbank.state(), requests: await subgraph.delbank.requests() },
  };
  return rows.map((row) => {
    const { vendor, method, path } = row.mutation;
    const { state, requests } = received[vendor];
    const sends = requests.filter(
      (one) => one.method === method && one.path.replace("/baas/api/v1", "").startsWith(path),
    );
    const commits = countCommits(row.mutation, state);
    return { ...row, commits, effects: row.mutation.countEffects(state), sends: sends.length };
  });
}

async function playLane({ faults, environment }: Lane): Promise<Cell[]> {
  const switches = { avibra: await startTcpSwitch(), delbank: await startTcpSwitch() };
  const subgraph = await startSubgraph({
    RETRY_PERCENT: "100", // keyed operations are retried while the caller waits
    RECONCILE_INTERVAL_MS: "100",
    LOG_LEVEL: "info",
    ...environment,
    AVIBRA_BASE_URL: switches.avibra.url,
    DELBANK_BASE_URL: `${switches.delbank.url}/baas/api/v1`,
  });
  try {
    for (const vendor of VENDORS) switches[vendor].setTarget(subgraph[vendor].url);
    const cells: Cell[] = [];
    for (const fault of faults) cells.push(...(await playRow({ subgraph, switches }, fault)));
    return cells;
  } finally {
    await subgraph.stop();
    await Promise.all(VENDORS.map((vendor) => switches[vendor].close()));
  }
}

function print(cells: readonly Cell[]): void {
  const lines = Object.keys(FAULTS).flatMap((fault) =>
    MUTATIONS.map(({ name }) => {
      const cell = cells.find((one) => one.fault === fault && one.mutation.name === name);
      const effect = name === "createPortalLink" ? "links" : "commits";
      const outcome = cell && `${effect} ${cell.commits}, sends ${cell.sends}: ${cell.statuses.join(" → ")}`;
      return `${fault.padEnd(22)}${name.padEnd(24)}${outcome ?? "did not end"}`;
    }),
  );
  process.stdout.write(`\n${lines.join("\n")}\n\n`);
}

describe("a mutation", () => {
  let cells: Cell[] = [];
  beforeAll(async () => {
    cells = (await Promise.all(LANES.map(playLane))).flat();
    print(cells);
  }, 600_000);

  describe.each(Object.keys(FAULTS))('under the fault "%s"', (fault) => {
    test.each(MUTATIONS.map(({ name }) => name))(
      "%s has at most one effect, and its status says whether it has one",
      (name) => {
        const cell = cells.find((one) => one.fault === fault && one.mutation.name === name);
        if (!cell) throw new Error("the cell was not played");
        const { settled, again, commits, effects, sends, statuses, linksShown } = cell;

        // The same key returns the settled operation.
        expect(FINAL).toContain(settled.status);
        expect(again.operation).toEqual(settled);
        if (name === "createPortalLink") {
          // A link that was lost in transit opens nothing; at most one may be returned.
          expect(linksShown).toBe(settled.status === "SUCCEEDED" ? 1 : 0);
          expect(sends).toBeLessThanOrEqual(TIMES);
          return;
        }
        expect(commits).toBeLessThanOrEqual(1);
        expect(effects).toBe(commits);
        expect(settled.status === "SUCCEEDED").toBe(commits === 1);

        if (name === "cancelPixAuthorization") {
          expect(sends).toBe(1);
          if (LOST_IN_TRANSIT.includes(fault)) expect(statuses.slice(-2)).toEqual(["UNCONFIRMED", "NEEDS_ATTENTION"]);
          else if (fault === "429 with Retry-After") expect(settled.status).toBe("FAILED");
          else expect(settled.status).toBe("SUCCEEDED");
        } else {
          expect(settled.status).toBe("SUCCEEDED");
          // The first response is not final, except for a prefill: its 409 is conclusive without a body.
          if (name !== "prefillUser") expect(["PENDING", "UNCONFIRMED"]).toContain(statuses[0]);
        }
      },
    );
  });
});
