import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { EXIT } from "../../src/cli/exit-code";
import { operationMigrations } from "../../src/platform/operations/operation-migrations";
import { type OperationStatus } from "../../src/platform/operations/operation-status.state";
import { ONE_DIALECT } from "../kit/database/one-dialect";
import { readMetric } from "../kit/http/metrics";
import { postWebhook } from "../kit/http/webhooks";
import { type CommandRun, decideAs, runCommand } from "../kit/operations/operator-commands";
import {
  createClaim,
  expectClaimed,
  openOperationStore,
  type OpenStore,
  TEST_ENCRYPTION_KEY,
} from "../kit/operations/test-store";
import { findCodeBlocks, readText } from "../kit/pages";
import { startUnconfirmedOperation } from "../kit/operations/unconfirmed";
import { CANCELLATION_ID, CANCELLED_RECURRENCE_ID, MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type Databases, startDatabases } from "../kit/start/databases";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

const HOUR = 3_600_000;
const LATER = Date.now() + 1000 * HOUR;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(ONE_DIALECT)("the operations command on %s", (dialect) => {
  let subgraph: TestSubgraph;
  let opened: OpenStore;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const DATABASE_URL = await databases.createDatabase(dialect);
    const shared = { DATABASE_URL, LEDGER_KEY: TEST_ENCRYPTION_KEY };
    subgraph = await startSubgraph({ ...shared, READ_CACHE_MS: "600000", RECONCILE_INTERVAL_MS: "50" });
    opened = openOperationStore(DATABASE_URL);
    environment = {
      ...shared,
      AVIBRA_SANDBOX_PORT: new URL(subgraph.avibra.url).port,
      DELBANK_SANDBOX_PORT: new URL(subgraph.delbank.url).port,
    };
  });
  afterAll(async () => {
    await opened.database.close();
    await subgraph.stop();
  });
  beforeEach(async () => {
    await subgraph.delbank.clearFaults();
    await sql`delete from operation`.execute(opened.database.kysely);
  });

  const operations = (...args: string[]) => runCommand(environment, args);
  const settleAs = (id: string, outcome: "succeeded" | "failed", ...more: string[]) =>
    operations("settle", id, ...decideAs(outcome), "--json", ...more);
  const statusOf = async (id: string) => (await opened.store.find(id))?.status;
  const decisionsOf = async (id: string) => (await operations("show", id, "--offline", "--json")).json.decisions;

  interface Row {
    readonly status?: OperationStatus;
    readonly kind?: string;
    readonly recurrenceId?: string;
    readonly userId?: string;
    /** Cancellations that Delbank listed before. */
    readonly baseline?: readonly string[];
    readonly input?: unknown;
    readonly ageMs?: number;
    readonly isUnsent?: boolean;
    readonly requestId?: string;
  }
  /** Stores an operation that no reconciler executes. */
  async function store(row: Row = {}): Promise<string> {
    const { status = "NEEDS_ATTENTION", kind = "CANCEL_PIX_AUTHORIZATION", baseline = [], ageMs = 2 * HOUR } = row;
    const now = Date.now() - ageMs;
    const recurrenceId = row.kind === undefined ? (row.recurrenceId ?? RECURRENCE_ID) : undefined;
    const claim = createClaim({
      ...{
        kind,
        now,
        idempotencyKey: randomUUID(),
        principal: MEMBER_ID,
        input: row.input ?? {},
        leaseMs: 1000 * HOUR,
      },
      ...(recurrenceId !== undefined && { recurrenceId }),
      ...(row.userId !== undefined && { userId: row.userId }),
      ...(row.requestId !== undefined && { requestId: row.requestId }),
    });
    const { operation, lease } = expectClaimed(await opened.store.claim(claim));
    const { id } = operation;
    if (!row.isUnsent) await opened.store.markSent(operation, lease, now);
    if (status === "UNCONFIRMED") await opened.store.markUnconfirmed(id, lease, { nextAttemptAt: LATER, now });
    else if (status === "NEEDS_ATTENTION") await opened.store.park(id, lease, { nextAttemptAt: LATER });
    else if (status !== "PENDING") {
      const failure = { code: "NOT_FOUND", message: "No.", retryable: false };
      await opened.store.settle(id, status === "FAILED" ? { status, failure } : { status }, now);
    } else await opened.store.release(id, lease, { nextAttemptAt: LATER });
    await sql`update operation set baseline = ${JSON.stringify(baseline)} where id = ${id}`.execute(
      opened.database.kysely,
    );
    return id;
  }
  const lease = (id: string) =>
    sql`update operation set lease_owner = 'host-1:42#secret-token', lease_until = ${LATER} where id = ${id}`.execute(
      opened.database.kysely,
    );

  /** Receives an event before its operation is stored, so that the running process does not match them. */
  async function receiveEnrollment(userid: string): Promise<void> {
    const eventtimestamp = new Date().toISOString();
    await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid, eventtimestamp });
    const unprocessed = sql`select 1 from message where processed_at is null`;
    await waitFor(async () => ((await unprocessed.execute(opened.database.kysely)).rows[0] ? undefined : true));
  }

  describe("list", () => {
    const list = async (...args: string[]) => {
      const { exitCode, json } = await operations("list", "--json", ...args);
      expect(exitCode).toBe(0);
      return json.operations.map(({ id }: { readonly id: string }) => id) as string[];
    };

    test("shows all that is not settled, oldest first, and by filters what they select", async () => {
      const parked = await store({ ageMs: 3 * HOUR });
      const unconfirmed = await store({ status: "UNCONFIRMED", ageMs: 2 * HOUR, requestId: "request-1" });
      const pending = await store({ status: "PENDING", ageMs: HOUR, kind: "CREATE_USER", userId: "u-77" });
      const failed = await store({ status: "FAILED", ageMs: 4 * HOUR, recurrenceId: "RR-other", userId: "u-77" });
      expect(await list()).toEqual([parked, unconfirmed, pending]);
      expect(await list("--status", "failed,PENDING")).toEqual([failed, pending]);
      expect(await list("--kind", "create_user")).toEqual([pending]);
      expect(await list("--user", "u-77")).toEqual([failed, pending]);
      expect(await list("--recurrence", "RR-other")).toEqual([failed]);
      expect(await list("--request", "request-1")).toEqual([unconfirmed]);
      expect(await list("--older-than", "90m")).toEqual([parked, unconfirmed]);
      expect(await list("--user", "nobody")).toEqual([]);
      const { stdout } = await operations("list", "--user", "u-77");
      expect(stdout).toMatch(/^ID +STATUS +KIND +AGE +ATTEMPTS +READS +MEMBER +RECURRENCE +REQUEST\n/);
      expect(stdout).toMatch(new RegExp(`\n${pending}  PENDING +CREATE_USER +1h.* +1 +0 +u-77 +- +-\n2 operations\n$`));
    });

    test("refuses a kind that does not exist, of which it would find nothing", async () => {
      const { exitCode, stdout, stderr } = await operations("list", "--kind", "CANCEL_PIX");
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^--kind must be one of CREATE_USER, .*CANCEL_PIX_AUTHORIZATION\.\n$/);
    });

    test("reads page after page up to 5000 operations, and says if there are more", async () => {
      const copy = sql`insert into operation (id, principal, key_digest, encrypted_idempotency_key, kind, fingerprint, status,
        attempts, reads, created_at, sent_at) values ${sql.join(
          Array.from({ length: 5001 }, (_, index) => {
            const id = `00000000-0000-4000-8000-${`${index}`.padStart(12, "0")}`;
            return sql`(${id}, 'p', ${id}, 'k', 'CREATE_USER', 'f', 'NEEDS_ATTENTION', 1, 0, 1, 1)`;
          }),
        )}`;
      await copy.execute(opened.database.kysely);
      const { json } = await operations("list", "--json");
      expect([json.operations.length, json.hasMore]).toEqual([5000, true]);
      expect((await operations("list")).stdout).toMatch(/\n5000 operations; there are more: use filters\n$/);
      await sql`delete from operation where id like '%5000'`.execute(opened.database.kysely);
      expect((await operations("list", "--json")).json).toMatchObject({ hasMore: false });
    });
  });

  describe("show", () => {
    test("tells the whole story in its order, what the provider says now, and what to do next", async () => {
      const { id } = await startUnconfirmedOperation(subgraph);
      await waitFor(async () => ((await opened.store.find(id))?.reads === 0 ? undefined : true));
      const { exitCode, json } = await waitFor(async () => {
        const run = await operations("show", id, "--json");
        return run.json.story.some(({ what }: { readonly what: string }) => what === "read") ? run : undefined;
      });
      expect(exitCode).toBe(0);
      const steps = json.story.filter(({ what }: { readonly what: string }) => what !== "read");
      expect(steps).toMatchObject([
        {
          what: "requested",
          text: expect.stringMatching(/^requested in request \S+ by the caller sha256:[0-9a-f]{16}$/),
        },
        { what: "attempt", text: "attempt 1: unreachable" },
        { what: "unconfirmed" },
      ]);
      expect(json.story).toContainEqual(
        expect.objectContaining({ what: "read", text: "the provider was read: no answer (unavailable, HTTP 503)" }),
      );
      const times = json.story.map(({ at }: { readonly at: string }) => at);
      expect(times).toEqual(times.toSorted());
      expect(json.provider).toMatchObject({ isRead: false, text: expect.stringContaining("HTTP 503") });
      expect(json.nextStep).toMatch(/^(Wait: the provider is read for its outcome until|Wait: \S+ executes it until)/);
      await subgraph.delbank.clearFaults();
      await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
      const after = await operations("show", id);
      expect(after.stdout).toContain("the provider was read: it has proved the success");
      expect(after.stdout).toMatch(
        /Provider +The authorization is CANCELLED at Delbank, which lists the cancellation \S+,/,
      );
      expect(after.stdout).toContain("Next step    Nothing: SUCCEEDED is final.");
      await subgraph.delbank.reset();
    });

    test("of a mutation that simply succeeded has its one attempt, and cost no entry in the history", async () => {
      const id = await store({ status: "SUCCEEDED" });
      const { json } = await operations("show", id, "--offline", "--json");
      expect(json.story.map(({ text }: { readonly text: string }) => text)).toEqual([
        expect.stringContaining("requested"),
        "attempt 1: succeeded",
        "SUCCEEDED",
      ]);
      const mutation = `mutation { updateUser(input: { idempotencyKey: "${randomUUID()}", userId: "${MEMBER_ID}", firstName: "Ana" }) { operation { status } } }`;
      expect((await subgraph.graphql(mutation)).data.updateUser.operation.status).toBe("SUCCEEDED");
      const { rows } = await sql`select 1 from operation_history`.execute(opened.database.kysely);
      expect(rows).toEqual([]);
    });

    test.each<[string, Row, RegExp, RegExp]>([
      ["lists no cancellation", {}, /^The authorization is ACTIVE .* lists no cancellation/, /^Ask the provider to confirm .* settle \S+ --as failed --seen NEEDS_ATTENTION\.1\.0/],
      ["lists a new cancellation", { recurrenceId: CANCELLED_RECURRENCE_ID }, /lists the cancellation IC\w+, which it did not list/, /^Run npm run operations -- recheck .*proves the success/],
      ["lists an earlier one", { recurrenceId: CANCELLED_RECURRENCE_ID, baseline: [CANCELLATION_ID] }, /^The authorization is CANCELLED .* lists no cancellation/, /^Ask the provider for the outcome/],
      ["does not know the authorization", { recurrenceId: "RR0435879820240605unknown0000" }, /does not know the authorization/, /^Ask the provider for the outcome, and check that the variables are those of the program, then/],
      ["knows the account", { kind: "CREATE_USER", userId: MEMBER_ID }, /Avibra knows the member/, /--as succeeded/],
      ["does not know the account", { kind: "CREATE_USER", userId: "u-9999" }, /Avibra does not know the member/, /--as failed/],
      ["has another offer", { kind: "CHANGE_OFFER", userId: MEMBER_ID, input: { offerId: "premium" } }, /is plus; the operation asked for premium/, /--as failed/],
      ["has the offer", { kind: "CHANGE_OFFER", userId: MEMBER_ID, input: { offerId: "plus" } }, /is plus; the operation asked for plus/, /--as succeeded/],
      ["does not show the change", { kind: "UPDATE_USER", userId: MEMBER_ID }, /does not show this change/, /^Ask the provider for the outcome/],
      ["still has the offer that was to be cancelled", { kind: "CANCEL_USER", userId: MEMBER_ID }, /offer at Avibra is plus, ACTIVE/, /--as failed/],
      ["is not asked about an unknown kind", { kind: "FROM_A_NEWER_RELEASE", userId: MEMBER_ID }, /not read: this release does not know/, /^Read the provider in its own tools/],
      ["is read although it was never sent", { status: "PENDING", isUnsent: true }, /lists no cancellation/, /^Wait: it was never sent/],
      ["is read while it may have been sent", { status: "PENDING" }, /lists no cancellation/, /^Wait: its process has ended/],
      ["is read while its key is known", { status: "UNCONFIRMED", kind: "CREATE_USER", userId: "u-9999" }, /does not know/, /^Wait: it is sent again with its key until/],
    ])("of an operation whose provider %s says what to do next", async (_what, row, provider, nextStep) => {
      const { exitCode, json } = await operations("show", await store(row), "--json");
      expect(exitCode).toBe(0);
      expect(json.provider.text).toMatch(provider);
      expect(json.nextStep).toMatch(nextStep);
    }); // prettier-ignore

    test("has one line for successive reads with the same result, and each read in JSON", async () => {
      const id = await store();
      const results = ["noProof", "noProof", "noProof", "unavailable", "noProof"] as const;
      const reads = results.map((outcome, index) => {
        return { at: Date.UTC(2026, 0, 1, index), step: "read", attempt: null, outcome, httpStatus: null } as const;
      });
      await opened.store.recordHistory(id, reads);
      const { stdout } = await operations("show", id, "--offline");
      expect(stdout.split("\n").filter((line) => line.includes("the provider was read"))).toEqual([
        "2026-01-01T00:00:00.000Z  the provider was read: no proof, 3 times until 2026-01-01T02:00:00.000Z",
        "2026-01-01T03:00:00.000Z  the provider was read: no answer (unavailable)",
        "2026-01-01T04:00:00.000Z  the provider was read: no proof",
      ]);
      const { json } = await operations("show", id, "--offline", "--json");
      expect(json.story.filter(({ what }: { readonly what: string }) => what === "read")).toHaveLength(5);
    });

    test("lists the events of its member since the request", async () => {
      const id = await store({ kind: "CREATE_USER", userId: "u-88", ageMs: 0 });
      await postWebhook(subgraph.url, { eventname: "enrollment_request_received", userid: "u-88" });
      await postWebhook(subgraph.url, { eventname: "a\u001b[31mname", userid: "u-88" });
      const { stdout } = await operations("show", id, "--offline");
      expect(stdout).toContain("event enrollment_request_received received");
      expect(stdout).toContain("Run show without --offline");
    });

    test("names the process that executes it, without its token", async () => {
      const id = await store();
      await lease(id);
      const { stdout } = await operations("show", id);
      expect(stdout).toContain("Next step    Wait: host-1:42 executes it until");
      expect(stdout).not.toContain("secret-token");
    });

    test("prints no character that controls a terminal, in any form, whatever is stored", async () => {
      const id = await store({ kind: "EVIL\u001b[2J\u009b31m\u202e", userId: "u-1\u0007\r\n" });
      for (const args of [["list"], ["show", id], ["list", "--json"], ["show", id, "--json"]]) {
        const { stdout, exitCode } = await operations(...args);
        expect(exitCode).toBe(0);
        expect(stdout).toContain("EVIL");
        expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }
    });
  });

  describe("recheck", () => {
    test("settles what the provider proves, once, and says so again", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID });
      expect(await operations("recheck", id)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("It is SUCCEEDED now"),
      });
      expect(await opened.store.find(id)).toMatchObject({ status: "SUCCEEDED", result: { id: CANCELLATION_ID } });
      expect(await operations("recheck", id)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("SUCCEEDED already"),
      });
      const { json } = await operations("show", id, "--json");
      expect(json.story.map(({ what }: { readonly what: string }) => what)).toContain("operatorRead");
    });

    test("settles what a stored event proves", async () => {
      await receiveEnrollment("u-99");
      const id = await store({ kind: "CREATE_USER", userId: "u-99" });
      expect(await operations("recheck", id)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("It is SUCCEEDED now"),
      });
    });

    test.each<[string, Row, string]>([
      ["without a proof", {}, "It stays NEEDS_ATTENTION"],
      ["without a proof in its window", { status: "UNCONFIRMED" }, "It stays UNCONFIRMED"],
      [
        "that was never sent",
        { status: "PENDING", isUnsent: true, recurrenceId: CANCELLED_RECURRENCE_ID },
        "never sent",
      ],
      [
        "in flight, whose worker knows more",
        { status: "PENDING", recurrenceId: CANCELLED_RECURRENCE_ID },
        "takes it over",
      ],
    ])("leaves an operation %s as it is", async (_what, row, message) => {
      const id = await store(row);
      expect(await operations("recheck", id)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(message) });
      expect(await statusOf(id)).toBe(row.status ?? "NEEDS_ATTENTION");
    });

    test("proves nothing about one that an earlier release has parked although it was never sent", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID });
      const unsent = sql`update operation set sent_at = null, attempts = 0, baseline = null where id = ${id}`;
      await unsent.execute(opened.database.kysely);
      expect(await operations("recheck", id)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("It stays NEEDS_ATTENTION"),
      });
    });

    test("of one that a process executes exits with 3", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID });
      await lease(id);
      expect(await operations("recheck", id)).toMatchObject({
        exitCode: 3,
        stdout: expect.stringContaining("host-1:42"),
      });
      expect(await statusOf(id)).toBe("NEEDS_ATTENTION");
    });
  });

  describe("settle", () => {
    test("records who, when, why and with what evidence, and is final", async () => {
      const id = await store();
      const before = Date.now();
      expect(await settleAs(id, "failed")).toMatchObject({ exitCode: 0, json: { id, status: "FAILED" } });
      expect(await opened.store.find(id)).toMatchObject({
        status: "FAILED",
        encryptedInput: null,
        failure: { retryable: true },
      });
      const [decision, ...others] = await decisionsOf(id);
      expect([decision, others]).toEqual([
        {
          ...{
            at: expect.any(String),
            step: "SETTLED",
            outcome: "FAILED",
            decidedBy: "Ana",
            reason: "the bank says so",
          },
          ...{ evidence: "ticket 4711", providerView: expect.stringContaining("ACTIVE"), objection: null },
          ...{ statusBefore: "NEEDS_ATTENTION", attemptsBefore: 1 },
        },
        [],
      ]);
      expect(Date.parse(decision.at)).toBeGreaterThanOrEqual(before);
      expect(await settleAs(id, "failed")).toMatchObject({
        exitCode: 0,
        json: { message: expect.stringContaining("already") },
      });
      expect(await settleAs(id, "succeeded")).toMatchObject({
        exitCode: 4,
        json: { message: expect.stringContaining("final") },
      });
      expect(await decisionsOf(id)).toHaveLength(1);
      const { stdout } = await operations("show", id, "--offline");
      expect(stdout).toContain(
        "settled as FAILED by Ana; reason: the bank says so; evidence: ticket 4711; the provider then:",
      );
    });

    test.each<[string, Row, "succeeded" | "failed", RegExp, string]>([
      ["the provider proves the success", { recurrenceId: CANCELLED_RECURRENCE_ID }, "failed", /the provider speaks for SUCCEEDED/, "otherOutcome"],
      ["the provider shows that nothing was done", {}, "succeeded", /the provider speaks for FAILED/, "otherOutcome"],
      ["the provider does not know the new member", { kind: "CREATE_USER", userId: "u-9999" }, "succeeded", /speaks for FAILED/, "otherOutcome"],
      ["the provider does not know the authorization", { recurrenceId: "RR0435879820240605unknown0000" }, "failed", /does not know what it is about/, "notKnown"],
      ["the provider does not know the member to change", { kind: "UPDATE_USER", userId: "u-9999" }, "succeeded", /does not know what it is about/, "notKnown"],
      ["the provider does not know the member to cancel", { kind: "CANCEL_USER", userId: "u-9999" }, "failed", /does not know what it is about/, "notKnown"],
      ["the provider does not know the member of the offer", { kind: "CHANGE_OFFER", userId: "u-9999" }, "failed", /does not know what it is about/, "notKnown"],
      ["it may still take effect", { status: "UNCONFIRMED" }, "failed", /may still take effect until \S+Z\. /, "unconfirmed"],
      ["it is read for its outcome", { status: "UNCONFIRMED", recurrenceId: CANCELLED_RECURRENCE_ID, baseline: [CANCELLATION_ID] }, "succeeded", /reads the provider for its outcome until/, "unconfirmed"],
      ["it is sent again", { status: "UNCONFIRMED", kind: "UPDATE_USER", userId: MEMBER_ID }, "succeeded", /sends it again with its key until/, "unconfirmed"],
      ["its window is over, but not ended", { status: "UNCONFIRMED", ageMs: 14 * HOUR }, "failed", /window, which was over at/, "unconfirmed"],
    ])(
      "is refused with 4 if %s, unless --against-provider, which is recorded as what it was",
      async (_what, row, outcome, message, objection) => {
        const id = await store(row);
        const { exitCode, json } = await settleAs(id, outcome);
        expect([exitCode, json.message]).toEqual([4, expect.stringMatching(message)]);
        expect(json.message).toContain("With --against-provider it is settled all the same");
        expect([await statusOf(id), await decisionsOf(id)]).toEqual([row.status ?? "NEEDS_ATTENTION", []]);
        expect(await settleAs(id, outcome, "--against-provider")).toMatchObject({ exitCode: 0 });
        expect(await statusOf(id)).toBe(outcome === "failed" ? "FAILED" : "SUCCEEDED");
        expect(await decisionsOf(id)).toMatchObject([{ objection }]);
        const { stdout } = await operations("show", id, "--offline");
        expect(stdout.includes("AGAINST the provider")).toBe(objection === "otherOutcome");
      },
    ); // prettier-ignore

    test("is refused with 4 if a stored event proves the success, although the provider shows nothing, whatever the options", async () => {
      await receiveEnrollment("u-98");
      const id = await store({ kind: "CREATE_USER", userId: "u-98" });
      expect(await settleAs(id, "failed", "--against-provider")).toMatchObject({ exitCode: 4 });
      expect([await statusOf(id), await decisionsOf(id)]).toEqual(["SUCCEEDED", []]);
    });

    test("stores the provider's result if it proves the decision", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID });
      expect(await settleAs(id, "succeeded", "--against-provider")).toMatchObject({ exitCode: 0 });
      expect(await opened.store.find(id)).toMatchObject({ status: "SUCCEEDED", result: { id: CANCELLATION_ID } });
      expect(await decisionsOf(id)).toMatchObject([{ objection: null }]);
    });

    test("settles an UNCONFIRMED operation whose success the provider proves", async () => {
      const id = await store({ status: "UNCONFIRMED", recurrenceId: CANCELLED_RECURRENCE_ID });
      expect(await settleAs(id, "succeeded")).toMatchObject({ exitCode: 0 });
      expect(await decisionsOf(id)).toMatchObject([{ objection: null }]);
    });

    test("is refused with 3 while a process executes the operation, and with 4 if it is PENDING or changed since it was shown", async () => {
      const leased = await store();
      await lease(leased);
      expect(await settleAs(leased, "failed", "--against-provider")).toMatchObject({ exitCode: 3 });
      const pending = await store({ status: "PENDING", isUnsent: true });
      expect(await settleAs(pending, "failed", "--against-provider")).toMatchObject({ exitCode: 4 });
      const parked = await store();
      const { version } = (await operations("show", parked, "--offline", "--json")).json;
      await sql`update operation set reads = reads + 1 where id = ${parked}`.execute(opened.database.kysely);
      expect(await settleAs(parked, "failed", "--seen", version)).toMatchObject({ exitCode: 4 });
      expect(await Promise.all([leased, pending, parked].map(statusOf))).toEqual([
        "NEEDS_ATTENTION",
        "PENDING",
        "NEEDS_ATTENTION",
      ]);
      const current = (await operations("show", parked, "--offline", "--json")).json.version;
      expect(await settleAs(parked, "failed", "--seen", current)).toMatchObject({ exitCode: 0 });
    });

    test("is refused if the row changes while the provider is read", async () => {
      const changes = [
        [3, 0, (id: string) => lease(id)],
        [4, 0, (id: string) => sql`update operation set reads = 9 where id = ${id}`.execute(opened.database.kysely)],
        [4, 0, (id: string) => opened.store.settle(id, { status: "SUCCEEDED" }, Date.now())],
        [0, 1, (id: string) => settleAs(id, "failed")],
      ] as const;
      for (const [exitCode, decisions, change] of changes) {
        await subgraph.delbank.clearRequests();
        const id = await store();
        await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "delay", delayMs: 500 });
        const settling = settleAs(id, "failed");
        await waitFor(async () => ((await subgraph.delbank.requests()).length > 0 ? true : undefined));
        await change(id);
        expect((await settling).exitCode).toBe(exitCode);
        expect(await decisionsOf(id)).toHaveLength(decisions);
      }
    });
  });

  describe("the running process drops its cached reads after", () => {
    const readAuthorization = (id: string) => `{ result: pixAuthorization(recurrenceId: "${id}") { status } }`;
    const readMember = `{ result: user(id: "${MEMBER_ID}") { currentOffer { status } } }`;

    test.each<[string, Row, string, (id: string) => Promise<CommandRun>]>([
      ["settle", {}, readAuthorization(RECURRENCE_ID), (id) => settleAs(id, "failed")],
      [
        "recheck that finds a proof at the provider",
        { recurrenceId: CANCELLED_RECURRENCE_ID },
        readAuthorization(CANCELLED_RECURRENCE_ID),
        (id) => operations("recheck", id),
      ],
      [
        "recheck that finds a proof in a stored event",
        { kind: "CREATE_USER", userId: MEMBER_ID },
        readMember,
        (id) => operations("recheck", id),
      ],
    ])("%s", async (_what, row, query, run) => {
      if (row.userId !== undefined) await receiveEnrollment(row.userId);
      const id = await store(row);
      const countRequests = async () => {
        const requests = await Promise.all([subgraph.avibra.requests(), subgraph.delbank.requests()]);
        return requests.flat().length;
      };
      const read = async () => {
        expect((await subgraph.graphql(query, { claims: STAFF_CLAIMS })).data.result).not.toBeNull();
        return countRequests();
      };
      await waitFor(async () => ((await read()) === (await read()) ? true : undefined));
      expect(await run(id)).toMatchObject({ exitCode: 0 });
      expect((await opened.store.find(id))?.settledAt).not.toBeNull();
      const afterCommand = await countRequests();
      await waitFor(async () => ((await read()) > afterCommand ? true : undefined));
    });
  });

  describe("settle with OPERATOR_SECOND_PERSON=true", () => {
    const settleBy = (by: string, id: string, outcome: "succeeded" | "failed" = "failed", ...more: string[]) =>
      runCommand({ ...environment, OPERATOR_SECOND_PERSON: "true" }, ["settle", id, ...decideAs(outcome, by), ...more]);

    test("exits with 5 until another person decides the same", async () => {
      const id = await store();
      expect((await settleBy("Ana", id)).exitCode).toBe(5);
      for (const same of ["Ana", " ana ", "ANA", "Ａna"]) expect((await settleBy(same, id)).exitCode).toBe(5);
      expect([await statusOf(id), (await decisionsOf(id)).length]).toEqual(["NEEDS_ATTENTION", 5]);
      expect((await operations("show", id)).stdout).toContain(
        "Ａna has proposed FAILED: another person who agrees runs",
      );
      expect((await settleBy("Bruno", id)).exitCode).toBe(0);
      expect((await decisionsOf(id)).at(-1)).toMatchObject({ step: "SETTLED", decidedBy: "Bruno" });
    });

    test("does not settle while a person proposes the other outcome, and says who, until that person changes their mind", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID, baseline: [CANCELLATION_ID] });
      expect((await settleBy("Ana", id, "failed")).exitCode).toBe(5);
      expect((await settleBy("Bruno", id, "succeeded")).stdout).toContain(
        "nothing is settled while Ana proposed otherwise",
      );
      expect((await operations("show", id)).stdout).toMatch(
        /Ana has proposed FAILED, Bruno has proposed SUCCEEDED: nothing is settled until they agree.* --as failed\|succeeded/,
      );
      expect((await settleBy("Carla", id, "failed")).exitCode).toBe(5);
      expect(await statusOf(id)).toBe("NEEDS_ATTENTION");
      expect((await settleBy("Bruno", id, "failed")).exitCode).toBe(0);
    });

    test("does not settle about an operation that has changed, or with a proposal of yesterday", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID, baseline: [CANCELLATION_ID] });
      expect((await settleBy("Ana", id, "failed")).exitCode).toBe(5);
      await sql`update operation set attempts = 2 where id = ${id}`.execute(opened.database.kysely);
      expect((await settleBy("Carla", id, "failed")).exitCode).toBe(5);
      const old = sql`update operation_decision set at = at - ${25 * HOUR}`;
      await old.execute(opened.database.kysely);
      expect((await settleBy("Dora", id, "failed")).exitCode).toBe(5);
      expect(await statusOf(id)).toBe("NEEDS_ATTENTION");
      expect((await settleBy("Ana", id, "failed")).exitCode).toBe(0);
    });

    test("does not settle against the provider with the name of a person who agreed with the provider", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID, baseline: [CANCELLATION_ID] });
      expect((await settleBy("Ana", id, "failed")).exitCode).toBe(5);
      await sql`update operation set baseline = '[]' where id = ${id}`.execute(opened.database.kysely);
      expect(await settleBy("Bruno", id, "failed")).toMatchObject({
        exitCode: 4,
        stdout: expect.stringContaining("With --against-provider it is proposed to a second person all the same"),
      });
      expect((await settleBy("Bruno", id, "failed", "--against-provider")).exitCode).toBe(5);
      expect(await statusOf(id)).toBe("NEEDS_ATTENTION");
      expect((await settleBy("Ana", id, "failed", "--against-provider")).exitCode).toBe(0);
    });

    test("settles once if several people call it at the same time", async () => {
      const id = await store();
      const runs = await Promise.all(["Ana", "Bruno", "Carla", "Dora"].map((by) => settleBy(by, id)));
      expect(runs.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 0, 0, 5]);
      expect((await decisionsOf(id)).map(({ step }: { readonly step: string }) => step).toSorted()).toEqual([
        "PROPOSED",
        "SETTLED",
      ]);
    });
  });

  describe("without its surroundings", () => {
    test("tells what it can if no sandbox answers: show exits with 0, recheck and settle with 1", async () => {
      const id = await store();
      const without = (...args: string[]) => runCommand({ ...environment, DELBANK_SANDBOX_PORT: "9" }, args);
      expect(await without("show", id)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(
          /requested .*\n[^]*Provider +not read: delbank could not be read \(unreachable\); is `npm start`/,
        ),
      });
      expect(await without("recheck", id)).toMatchObject({ exitCode: 1 });
      expect(await without("settle", id, ...decideAs("failed"))).toMatchObject({ exitCode: 1 });
      expect(await statusOf(id)).toBe("NEEDS_ATTENTION");
      expect(await without("settle", id, ...decideAs("failed"), "--against-provider")).toMatchObject({ exitCode: 0 });
      expect(await decisionsOf(id)).toMatchObject([
        { objection: "notRead", providerView: expect.stringContaining("not read") },
      ]);
    });

    test("does not ask the sandbox about an operation of real providers", async () => {
      const id = await store({ recurrenceId: CANCELLED_RECURRENCE_ID });
      await sql`update live_marker set is_live = 1`.execute(opened.database.kysely);
      expect(await operations("show", id)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("the database is that of real providers"),
      });
      expect(await operations("recheck", id)).toMatchObject({ exitCode: 1 });
      await sql`update live_marker set is_live = 0`.execute(opened.database.kysely);
      expect(await statusOf(id)).toBe("NEEDS_ATTENTION");
    });

    test.each<[string, Readonly<Record<string, string>>, RegExp]>([
      ["another LEDGER_KEY", { LEDGER_KEY: Buffer.alloc(32, 1).toString("base64") }, /LEDGER_KEY: the database was written with another key/],
      ["a LEDGER_KEY that is none", { LEDGER_KEY: "short" }, /LEDGER_KEY: must be 32 bytes/],
      ["no database file", { DATABASE_URL: "sqlite:/nonexistent/subgraph.db" }, /the SQLite file does not exist/],
      ["a database in memory", { DATABASE_URL: "sqlite::memory:" }, /only the process that opened/],
      ["a server that is not there", { DATABASE_URL: "postgres://user:secret-word@127.0.0.1:9/none" }, /cannot be reached/],
    ])("exits with 1 and one line for %s", async (_what, override, message) => {
      const { exitCode, stdout, stderr } = await runCommand({ ...environment, ...override }, ["list"]);
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^[^\n]+\n$/);
      expect(stderr).not.toContain("secret-word");
    }); // prettier-ignore

    test("exits with 1 for an id that does not exist", async () => {
      for (const args of [["show"], ["recheck"], ["settle", ...decideAs("failed")]] as const) {
        const [name, ...rest] = args;
        const run = await operations(name, randomUUID(), ...rest);
        expect(run).toMatchObject({
          exitCode: 1,
          stdout: "",
          stderr: expect.stringMatching(/^No operation has this id\..* list --request\.\n$/),
        });
      }
    });

    test("exits with 1 for a database of another release, and changes nothing in it", async () => {
      const url = await databases.createDatabase(dialect);
      const { database } = openOperationStore(url);
      const list = () => runCommand({ ...environment, DATABASE_URL: url }, ["list"]);
      const names = async () => (await sql`select name from schema_migration`.execute(database.kysely)).rows.length;
      await database.migrate(operationMigrations.slice(0, 3));
      const before = await names();
      expect(await list()).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("in use by an older release"),
      });
      expect(await names()).toBe(before);
      await sql`insert into schema_migration (name) values ('operations/9999-newer')`.execute(database.kysely);
      expect(await list()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("in use by a newer release") });
      await database.close();
      const empty = await databases.createDatabase(dialect);
      const { database: unused } = openOperationStore(empty);
      await sql`select 1`.execute(unused.kysely);
      const run = await runCommand({ ...environment, DATABASE_URL: empty }, ["list"]);
      expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("has not used this database yet") });
      await unused.close();
    });
  });

  test("a settlement by a person has one line in the log of the running program, which counts it", async () => {
    const STATUS_CHANGES = "benefits_pix_operation_status_changes_total";
    const id = await store({ requestId: "request-7" });
    const { kind = "" } = (await opened.store.find(id)) ?? {};
    const count = async () => (await readMetric(subgraph, STATUS_CHANGES))[`kind="${kind}",status="FAILED"`] ?? NaN;
    const before = await count();
    expect(await settleAs(id, "failed")).toMatchObject({ exitCode: 0 });
    const lines = () => subgraph.logs.filter((line) => line.includes(id) && line.includes("operation status changed"));
    await waitFor(() => lines().length > 0 || undefined);
    expect(lines().map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ requestId: "request-7", kind, from: "NEEDS_ATTENTION", to: "FAILED", attempts: 1 }),
    ]);
    expect(await count()).toBe(before + 1);
  });

  describe("the page of the operations command", () => {
    const PAGE = "docs/operations/operations-command.md";
    const blocks = findCodeBlocks(readText(PAGE));
    const PREFIX = "npm run operations -- ";
    const commands = blocks
      .filter(({ language }) => language === "sh")
      .flatMap(({ text }) => text.split("\n").filter((line) => line.startsWith(PREFIX)))
      .map((line) => line.slice(PREFIX.length));
    const toWords = (line: string) =>
      [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

    test("has commands that succeed in their order, and the output of show", async () => {
      const id = await store({ requestId: "request-1" });
      const at = Date.now() - HOUR;
      await opened.store.recordHistory(id, [{ at, step: "attempt", attempt: 1, outcome: "timeout", httpStatus: null }]);
      const outputs: string[] = [];
      for (const command of commands) {
        const { exitCode, stdout, stderr } = await operations(...toWords(command.replaceAll("$ID", id)));
        expect([command, exitCode, stderr]).toEqual([command, 0, ""]);
        outputs.push(
          stdout
            .replaceAll(id, "11111111-1111-4111-8111-111111111111")
            .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-01-01T00:00:00.000Z")
            .replaceAll(/sha256:[0-9a-f]{16}/g, "sha256:0000000000000000"),
        );
      }
      expect(commands.length).toBeGreaterThan(7);
      expect(outputs).toContain(blocks.find(({ language }) => language === "text")?.text);
      expect(await statusOf(id)).toBe("FAILED");
    });

    test("lists every exit code", () => {
      const codes = [...readText(PAGE).matchAll(/^\| (\d) +\|/gm)].map(([, code]) => Number(code));
      expect(codes).toEqual(Object.values(EXIT));
    });

    test("has no command or option that --help lacks", async () => {
      const { stdout } = await operations("--help");
      const options = commands.flatMap((command) => command.match(/--[a-z-]+/g) ?? []);
      expect(options.filter((option) => !stdout.includes(option))).toEqual([]);
      for (const code of Object.values(EXIT)) expect(stdout).toMatch(new RegExp(`^  ${code}  `, "m"));
    });
  });
});
