import { type ProviderState } from "../kit/sandbox-control";
import { countCommits, sendMutation, type MutationCase, MUTATIONS, fetchOperation } from "../kit/seeds/mutations";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { startTcpSwitch, type TcpSwitch } from "../kit/network/tcp-switch";

/** Every fault, each played as often as one go of a mutation may send, so that only the reconciler gets past it. */
const FAULTS: Readonly<Record<string, Readonly<Record<string, unknown>> | "refused">> = {
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

/** Faults after which a cancellation at Delbank cannot be known not to have arrived, and did not: people look into it. */
const LOST_ON_THE_WAY = ["reset before commit", "hang before commit", "500 before commit"];

const ENVIRONMENT = {
  RETRY_PERCENT: "100", // what is keyed is sent again while its caller waits
  AVIBRA_TIMEOUT_MS: "500",
  DELBANK_TIMEOUT_MS: "500",
  REQUEST_TIMEOUT_MS: "2600",
  OPERATION_LEASE_MS: "4000",
  RECONCILE_INTERVAL_MS: "100",
  CONFIRMATION_WINDOW_MS: "6000",
  LOG_LEVEL: "error",
};
const LANES = 4;
const SETTLED_WITHIN_MS = 60_000;
const FINAL = ["SUCCEEDED", "FAILED", "NEEDS_ATTENTION"];

interface Bench {
  readonly subgraph: TestSubgraph;
  readonly switches: Readonly<Record<"avibra" | "delbank", TcpSwitch>>;
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
  /** What `operation(id)` says in the end, and what the same key answers then. */
  readonly told: { readonly id: string; readonly status: string };
  readonly again: { readonly operation: unknown };
}

async function openBench(): Promise<Bench> {
  const switches = { avibra: await startTcpSwitch(), delbank: await startTcpSwitch() };
  const subgraph = await startSubgraph({
    ...ENVIRONMENT,
    AVIBRA_BASE_URL: switches.avibra.url,
    DELBANK_BASE_URL: `${switches.delbank.url}/baas/api/v1`,
  });
  for (const vendor of ["avibra", "delbank"] as const) switches[vendor].setTarget(subgraph[vendor].url);
  return { subgraph, switches };
}

async function closeBench({ subgraph, switches }: Bench): Promise<void> {
  await subgraph.stop();
  await Promise.all(Object.values(switches).map((one) => one.close()));
}

/** Follows one mutation from its first answer to the end of its operation. */
async function follow(subgraph: TestSubgraph, mutation: MutationCase, fault: string) {
  const input = { ...mutation.input, idempotencyKey: `${fault}/${mutation.name}`.replaceAll(" ", "-") };
  const { data, errors } = await sendMutation(subgraph, mutation, { input });
  if (errors) throw new Error(`${mutation.name}, ${fault}: ${JSON.stringify(errors)}`);
  const first = data[mutation.name];
  const statuses: string[] = [first.operation.status];
  // One that never ends is a row of the table like the others, not the end of the matrix.
  let told = first.operation;
  await waitFor(async () => {
    told = await fetchOperation(subgraph, first.operation.id);
    if (told.status !== statuses.at(-1)) statuses.push(told.status);
    return FINAL.includes(told.status) ? told : undefined;
  }, SETTLED_WITHIN_MS).catch(() => statuses.push("(not settled)"));
  const again = (await sendMutation(subgraph, mutation, { input })).data[mutation.name];
  return { mutation, fault, statuses, told, again, linksShown: [first, again].filter((one) => one.portalUrl).length };
}

/** Every mutation under one fault; they write to different endpoints, so none disturbs another. */
async function playRow({ subgraph, switches }: Bench, fault: string): Promise<Cell[]> {
  await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
  const play = FAULTS[fault] ?? "refused";
  if (play === "refused") await Promise.all(Object.values(switches).map((one) => one.close()));
  else
    for (const { vendor, method, path } of MUTATIONS)
      await subgraph[vendor].addFault({ ...play, match: { method, path }, times: TIMES });
  const following = Promise.all(MUTATIONS.map((mutation) => follow(subgraph, mutation, fault)));
  if (play === "refused") {
    const reopened = new Promise((resolve) => setTimeout(resolve, 3500)); // later than the mutations' own answers
    await Promise.race([reopened, following]);
    await Promise.all(Object.values(switches).map((one) => one.open()));
  }
  const rows = await following;
  const vendors = ["avibra", "delbank"] as const;
  const [avibra, delbank] = await Promise.all(vendors.map((vendor) => subgraph[vendor].state()));
  const [toAvibra, toDelbank] = await Promise.all(vendors.map((vendor) => subgraph[vendor].requests()));
  return rows.map((row) => {
    const { vendor, method, path } = row.mutation;
    const state = (vendor === "avibra" ? avibra : delbank) as ProviderState;
    const received = (vendor === "avibra" ? toAvibra : toDelbank) ?? [];
    const sends = received.filter(
      (one) => one.method === method && one.path.replace("/baas/api/v1", "").startsWith(path),
    );
    return {
      ...row,
      commits: countCommits(row.mutation, state),
      effects: row.mutation.countEffects(state),
      sends: sends.length,
    };
  });
}

async function playMatrix(): Promise<Cell[]> {
  const waiting = Object.keys(FAULTS);
  const cells: Cell[] = [];
  const lane = async () => {
    const bench = await openBench();
    try {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
        cells.push(...(await playRow(bench, fault)));
    } finally {
      await closeBench(bench);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return cells;
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

describe("the fault matrix", () => {
  let cells: Cell[] = [];
  beforeAll(async () => {
    cells = await playMatrix();
    print(cells);
  }, 300_000);

  describe.each(Object.keys(FAULTS))("%s", (fault) => {
    test.each(MUTATIONS.map(({ name }) => name))("%s", (name) => {
      const cell = cells.find((one) => one.fault === fault && one.mutation.name === name);
      if (!cell) throw new Error("the cell was not played");
      const { told, again, commits, effects, sends, statuses, linksShown } = cell;

      // The same key afterwards tells the same, and everybody tells the truth.
      expect(FINAL).toContain(told.status);
      expect(again.operation).toEqual(told);
      if (name === "createPortalLink") {
        // A link that was lost on the way opens nothing; what counts is that one at most was shown.
        expect(linksShown).toBe(told.status === "SUCCEEDED" ? 1 : 0);
        expect(sends).toBeLessThanOrEqual(TIMES);
        return;
      }
      expect(commits).toBeLessThanOrEqual(1);
      expect(effects).toBe(commits);
      expect(told.status === "SUCCEEDED").toBe(commits === 1);

      if (name === "cancelPixAuthorization") {
        expect(sends).toBe(1);
        if (LOST_ON_THE_WAY.includes(fault)) expect(statuses.slice(-2)).toEqual(["UNCONFIRMED", "NEEDS_ATTENTION"]);
        else if (fault === "429 with Retry-After") expect(told.status).toBe("FAILED");
        else expect(told.status).toBe("SUCCEEDED");
      } else {
        expect(told.status).toBe("SUCCEEDED");
        // The first answer was not the last word; but a prefill's 409 says enough, whatever its body.
        if (name !== "prefillUser") expect(["PENDING", "UNCONFIRMED"]).toContain(statuses[0]);
      }
    });
  });
});
