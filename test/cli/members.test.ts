import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { postWebhook } from "../kit/http/webhooks";
import { runMembersCommand } from "../kit/operations/members-commands";
import { decideAs, runCommand } from "../kit/operations/operator-commands";
import {
  createClaim,
  expectClaimed,
  openOperationStore,
  type OpenStore,
  TEST_ENCRYPTION_KEY,
} from "../kit/operations/test-store";
import { findCodeBlocks, readText } from "../kit/pages";
import { dumpDatabase, findCanaries } from "../kit/security/canaries";
import { MEMBER_ID, OTHER_MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { countCommits, findMutation, MUTATIONS, sendMutation } from "../kit/seeds/mutations";
import { ONE_DIALECT } from "../kit/database/one-dialect";
import { type Databases, startDatabases } from "../kit/start/databases";
import { createSandboxControl } from "../kit/sandbox-control";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type Claims, STAFF_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

const MEMBER = "member-7f3a";
const PAYER: Claims = { sub: MEMBER, tax_id: PAYER_TAX_ID, scope: "pix:cancel" };
const KEY = "canary-key-";
/** The mutations of one member, each with a key of its own. */
const OWN_MUTATIONS = MUTATIONS.map((mutation) => ({
  ...mutation,
  input: {
    ...mutation.input,
    ...(mutation.vendor === "avibra" && { userId: MEMBER }),
    idempotencyKey: KEY + mutation.name,
  },
}));

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(ONE_DIALECT)("the members command on %s", (dialect) => {
  let subgraph: TestSubgraph;
  let opened: OpenStore;
  let url: string;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    url = await databases.createDatabase(dialect);
    const shared = { DATABASE_URL: url, LEDGER_KEY: TEST_ENCRYPTION_KEY };
    subgraph = await startSubgraph({ ...shared, READ_CACHE_MS: "600000", RECONCILE_INTERVAL_MS: "50" });
    opened = openOperationStore(url);
    environment = shared;
  });
  afterAll(async () => {
    await opened.database.close();
    await subgraph.stop();
  });
  beforeEach(async () => {
    await subgraph.delbank.clearFaults();
    await subgraph.delbank.reset();
    for (const table of ["operation", "message"])
      await sql`delete from ${sql.table(table)}`.execute(opened.database.kysely);
  });

  const members = (...args: string[]) => runMembersCommand(environment, args);
  const sendEvent = async (userid: string, more: Readonly<Record<string, unknown>> = {}) => {
    const event = { eventname: "enrollment_successful", userid, ...more };
    expect((await postWebhook(subgraph.url, event, { key: `${userid}-${randomUUID()}` })).status).toBe(200);
  };
  const whenProcessed = () =>
    waitFor(async () => {
      const { rows } = await sql`select id from message where processed_at is null`.execute(opened.database.kysely);
      return rows.length === 0 ? true : undefined;
    });
  const sendAll = () =>
    Promise.all(
      OWN_MUTATIONS.map(async (mutation) => {
        const { data, errors } = await sendMutation(subgraph, mutation, { input: mutation.input, claims: PAYER });
        expect(errors).toBeUndefined();
        return data[mutation.name];
      }),
    );
  const countEffects = async () => {
    const [avibra, delbank] = await Promise.all([subgraph.avibra.state(), subgraph.delbank.state()]);
    return MUTATIONS.map((mutation) => countCommits(mutation, mutation.vendor === "avibra" ? avibra : delbank));
  };

  /** Stores an operation that no reconciler executes; its id. */
  async function storeParked(idempotencyKey = "parked", userId = MEMBER): Promise<string> {
    const now = Date.now();
    const claim = createClaim({
      kind: "UPDATE_USER",
      principal: MEMBER,
      userId,
      idempotencyKey,
      now,
      input: { lastName: "Silva" },
    });
    const { operation, lease } = expectClaimed(await opened.store.claim(claim));
    await opened.store.markSent(operation, lease, now);
    await opened.store.park(operation.id, lease);
    return operation.id;
  }
  const settleAsFailed = (id: string, reason: string) => {
    const args = ["settle", id, ...decideAs("failed"), "--against-provider"].map((arg, index, all) =>
      all[index - 1] === "--reason" ? reason : arg,
    );
    return runCommand(environment, args);
  };
  /** Stores settled operations of the member. */
  async function fill(number: number): Promise<void> {
    const numbers =
      dialect === "sqlite"
        ? sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(number)})`
        : sql`with n(i) as (select generate_series(1, ${sql.lit(number)}))`;
    await sql`insert into operation (id, principal, key_digest, encrypted_idempotency_key, kind, fingerprint, user_id, status,
      attempts, created_at, sent_at, settled_at, request_id) ${numbers}
      select 'row-' || i, ${MEMBER}, 'digest-' || i, 'e', 'CREATE_USER', 'f', ${MEMBER}, 'SUCCEEDED', 1, i, i, i,
        'request-' || i from n`.execute(opened.database.kysely);
  }
  const countOf = async (table: string) => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
      opened.database.kysely,
    );
    return rows[0]?.count;
  };

  // First: when a later test reads SQLite's files, this process loses its locks, and another process would delete the log.
  describe("the built command", () => {
    const runBuilt = (...args: string[]) =>
      new Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
        const options = { env: { PATH: process.env["PATH"], ...environment } };
        execFile(process.execPath, ["dist/cli/members.js", ...args], options, (error, stdout, stderr) => {
          resolve({ exitCode: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
        });
      });

    test("erases while the member requests mutations and loses none, without progress in a pipe", async () => {
      await fill(3000);
      const update = findMutation("updateUser");
      const send = async (number: number) => {
        const input = { userId: MEMBER, lastName: `Souza ${number}`, idempotencyKey: `race-${number}` };
        // On a busy machine, SQLite's one writer can have to wait for too long: nothing is stored then, and the key can be sent again.
        const { data } = await waitFor(async () => {
          const response = await sendMutation(subgraph, update, { input, claims: PAYER });
          const codes = response.errors?.map(({ extensions }) => extensions.code) ?? [];
          expect(codes.filter((code) => code !== "UNAVAILABLE")).toEqual([]);
          return codes.length > 0 ? undefined : response;
        });
        return data.updateUser.operation as {
          readonly id: string;
          readonly status: string;
          readonly userId: string | null;
        };
      };
      const state = { isErasing: true };
      const erasing = runBuilt("erase", MEMBER, "--json").finally(() => (state.isErasing = false));
      const sent: string[] = [];
      while (state.isErasing) sent.push((await send(sent.length)).id);
      const { exitCode, stdout, stderr } = await erasing;
      expect(stderr).toBe("");
      const { undecided } = JSON.parse(stdout) as { readonly undecided: readonly { readonly id: string }[] };
      expect(exitCode).toBe(undecided.length > 0 ? 4 : 0);
      expect(sent.length).toBeGreaterThan(1);
      for (const { id } of undecided) expect(sent).toContain(id);
      await waitFor(async () => ((await members("erase", MEMBER)).exitCode === 0 ? true : undefined));
      for (const [number, id] of sent.entries()) expect(await send(number)).toMatchObject({ id, userId: null });
      const { commits } = await subgraph.avibra.state();
      const keys = commits
        .filter(({ operation }) => operation === "update")
        .map(({ idempotencyKey }) => idempotencyKey);
      for (const id of sent) expect(keys.filter((key) => key === id).length).toBeLessThanOrEqual(1);
    });
  });

  describe("erase", () => {
    test("leaves no identifier of the member in the database, and the same keys send nothing", async () => {
      await sendEvent(OTHER_MEMBER_ID);
      const before = await sendAll();
      await sendEvent(MEMBER, { moredetails: [{ name: "note", value: "canary-detail" }] });
      await whenProcessed();
      const decided = await settleAsFailed(await storeParked(`${KEY}parked`), `${MEMBER} called`);
      expect(decided).toMatchObject({ exitCode: 0, stderr: "" });

      const identifiers = [MEMBER, KEY, RECURRENCE_ID, "canary-detail", before[6].pixCancellation.id];
      expect(findCanaries(await dumpDatabase(url), [MEMBER, RECURRENCE_ID])).toHaveLength(2);
      const effects = await countEffects();
      const run = await members("erase", MEMBER, "--json");
      expect(run).toMatchObject({ exitCode: 0, stderr: "", progress: [] });
      expect(run.json).toEqual({ isErased: true, operations: 8, events: 1, undecided: [], isLogTruncated: true });
      const dump = await dumpDatabase(url);
      expect(findCanaries(dump, identifiers)).toEqual([]);
      expect(findCanaries(dump, [OTHER_MEMBER_ID, "Ana"])).toHaveLength(2);

      await subgraph.delbank.clearRequests();
      const after = await sendAll();
      for (const [index, { name }] of OWN_MUTATIONS.entries()) {
        const { id, status, failure } = before[index].operation;
        expect(after[index].operation).toMatchObject({
          ...{ id, status, failure },
          ...{ userId: null, recurrenceId: null, idempotencyKey: "" },
        });
        const codesOf = ({ userErrors }: { readonly userErrors: readonly { readonly code: string }[] }) =>
          userErrors.map(({ code }) => code);
        const isLink = name === "createPortalLink" && status === "SUCCEEDED";
        expect([name, codesOf(after[index])]).toEqual([
          name,
          isLink ? ["IDEMPOTENCY_KEY_REUSED"] : codesOf(before[index]),
        ]);
      }
      expect(after[6].pixCancellation).toBeNull();
      expect(await countEffects()).toEqual(effects);
      expect((await subgraph.delbank.requests()).filter(({ method }) => method === "POST")).toEqual([]);
      expect(findCanaries(await dumpDatabase(url), identifiers)).toEqual([]);
    });

    test("keeps a cancellation as the only one of its authorization, for another key and while Delbank shows none", async () => {
      const cancel = findMutation("cancelPixAuthorization");
      await sendMutation(subgraph, cancel, { input: { ...cancel.input, idempotencyKey: "first" }, claims: PAYER });
      expect((await members("erase", MEMBER)).exitCode).toBe(0);
      await createSandboxControl(subgraph.delbank.url).reset();
      const input = { ...cancel.input, idempotencyKey: "second" };
      const { data } = await sendMutation(subgraph, cancel, { input, claims: PAYER });
      expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "ALREADY_CANCELLED" }]);
      expect((await subgraph.delbank.state()).commits).toEqual([]);
    });

    test("lets another cancellation be sent when the counterpart can no longer answer, and Delbank shows none", async () => {
      const cancel = findMutation("cancelPixAuthorization");
      await sendMutation(subgraph, cancel, { input: { ...cancel.input, idempotencyKey: "first" }, claims: PAYER });
      expect((await members("erase", MEMBER)).exitCode).toBe(0);
      await createSandboxControl(subgraph.delbank.url).reset();
      await sql`update operation set sent_at = sent_at - ${14 * 3_600_000}`.execute(opened.database.kysely);
      const input = { ...cancel.input, idempotencyKey: "second" };
      const { data } = await sendMutation(subgraph, cancel, { input, claims: PAYER });
      expect(data.cancelPixAuthorization).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
    });

    test("hides the operation from the member, and shows staff its kind and outcome only", async () => {
      const cancel = findMutation("cancelPixAuthorization");
      const input = { ...cancel.input, idempotencyKey: "first" };
      const sent = await sendMutation(subgraph, cancel, { input, claims: PAYER });
      const { id } = sent.data.cancelPixAuthorization.operation;
      expect((await members("erase", MEMBER)).exitCode).toBe(0);
      const query =
        "query($id: ID!) { operation(id: $id) { kind status userId recurrenceId requestId idempotencyKey pixCancellation { id } } }";
      const readAs = async (claims: Claims) =>
        (await subgraph.graphql(query, { variables: { id }, claims })).data.operation;
      expect(await readAs(PAYER)).toBeNull();
      const staff = { sub: "staff", scope: "operations:read:any pix:read:any users:read:any" };
      expect(await readAs(staff)).toEqual({
        ...{ kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" },
        ...{ userId: null, recurrenceId: null, requestId: null, idempotencyKey: "", pixCancellation: null },
      });
      const list = await subgraph.graphql("{ operations(first: 5) { edges { node { id recurrenceId } } } }", {
        claims: staff,
      });
      expect(list.data.operations.edges).toEqual([{ node: { id, recurrenceId: null } }]);
      const shown = await runCommand(environment, ["show", id, "--offline"]);
      expect(shown.stdout).toMatch(/Caller +erased\nMember +-\nRecurrence +-\n/);
      expect(shown.stdout).toContain("reduced: what it held about people is erased");
      const other = { ...input, reason: "ACCOUNT_CLOSED" };
      const { data } = await sendMutation(subgraph, cancel, { input: other, claims: PAYER });
      expect(data.cancelPixAuthorization).toMatchObject({
        operation: null,
        userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }],
      });
    });

    test("changes nothing while an operation is undecided, and names it", async () => {
      await sendEvent(MEMBER);
      await whenProcessed();
      const update = findMutation("updateUser");
      const input = { ...update.input, userId: MEMBER, idempotencyKey: "settled" };
      await sendMutation(subgraph, update, { input, claims: PAYER });
      const id = await storeParked();
      for (const args of [[], ["--dry-run"]]) {
        const run = await members("erase", MEMBER, ...args);
        expect(run).toMatchObject({ exitCode: 4, stderr: "" });
        expect(run.stdout).toContain(
          `Nothing was erased: the outcome of 1 operation is not known.\n${id}  NEEDS_ATTENTION  UPDATE_USER\n`,
        );
      }
      expect((await members("erase", MEMBER, "--json")).json).toEqual({
        ...{ isErased: false, operations: 0, events: 0 },
        undecided: [{ id, status: "NEEDS_ATTENTION", kind: "UPDATE_USER" }],
      });
      expect((await members("export", MEMBER)).json).toMatchObject({
        operations: [{ status: "SUCCEEDED" }, { id }],
        events: [{}],
      });
      await settleAsFailed(id, "no change");
      const run = await members("erase", MEMBER);
      expect(run).toMatchObject({ exitCode: 0, stdout: "2 operations and 1 event were erased.\n" });
      const repeated = await members("erase", MEMBER);
      expect(repeated).toMatchObject({ exitCode: 0, stdout: "Nothing is stored about this member.\n" });
    });

    test("of 10,000 operations works in batches, with progress on a terminal", async () => {
      await fill(10_000);
      const counted = await members("erase", MEMBER, "--dry-run");
      expect(counted).toMatchObject({ exitCode: 0, stdout: "10000 operations and 0 events would be erased.\n" });
      const run = await runMembersCommand(environment, ["erase", MEMBER], { isTerminal: true });
      expect(run).toMatchObject({ exitCode: 0, stderr: "", stdout: "10000 operations and 0 events were erased.\n" });
      expect(run.progress).toHaveLength(101);
      expect(run.progress.slice(-2)).toEqual(["10000 of 10000 rows erased", ""]);
      const dump = await dumpDatabase(url);
      expect(dump).toContain("digest-10000");
      expect(findCanaries(dump, [MEMBER, "request-77"])).toEqual([]);
    });

    test("makes the running program read anew what it had cached", async () => {
      const read = () =>
        subgraph.graphql("{ me { benefits { id } } }", { claims: { ...STAFF_CLAIMS, sub: MEMBER_ID } });
      const calls = async () => (await subgraph.avibra.requests("/user/benefits")).length;
      await sendEvent(MEMBER_ID);
      await whenProcessed();
      await read();
      const before = await calls();
      await read();
      expect(await calls()).toBe(before);
      expect((await members("erase", MEMBER_ID)).exitCode).toBe(0);
      await waitFor(async () => {
        await read();
        return (await calls()) > before ? true : undefined;
      });
    });

    test("recognizes an event that is sent again, and stores nothing of it", async () => {
      const event = { eventname: "enrollment_successful", userid: MEMBER };
      await postWebhook(subgraph.url, event, { key: "event-1" });
      await whenProcessed();
      expect((await members("erase", MEMBER, "--json")).json).toMatchObject({ operations: 0, events: 1 });
      expect((await postWebhook(subgraph.url, event, { key: "event-1" })).status).toBe(200);
      expect((await members("export", MEMBER)).json.events).toEqual([]);
      expect(await countOf("message")).toBe(1);
    });
  });

  describe("export", () => {
    test("prints everything that is stored about the member, and nothing about others", async () => {
      await sendEvent(OTHER_MEMBER_ID);
      await sendEvent(MEMBER, { moredetails: [{ name: "offerid", value: "plus" }] });
      await whenProcessed();
      const sent = await sendAll();
      const parked = await storeParked("own-parked");
      const forOther = await storeParked("for-other", OTHER_MEMBER_ID);
      const at = Date.now();
      await opened.store.recordHistory(parked, [
        { at, step: "attempt", attempt: 1, outcome: "timeout", httpStatus: 504 },
      ]);
      const { exitCode, stderr, json, stdout } = await members("export", MEMBER);
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(json).toMatchObject({ userId: MEMBER });
      const byKind = new Map(
        json.operations.map((operation: { kind: string; status: string }) => [
          `${operation.kind} ${operation.status}`,
          operation,
        ]),
      );
      expect(json.operations).toHaveLength(8);
      expect(byKind.get("CANCEL_PIX_AUTHORIZATION SUCCEEDED")).toMatchObject({
        id: sent[6].operation.id,
        ...{ userId: MEMBER, recurrenceId: RECURRENCE_ID, isRequester: true, input: null },
        ...{
          idempotencyKey: `${KEY}cancelPixAuthorization`,
          result: { recurrenceId: RECURRENCE_ID },
          listedBefore: [],
        },
      });
      expect(byKind.get("UPDATE_USER NEEDS_ATTENTION")).toMatchObject({
        ...{ id: parked, idempotencyKey: "own-parked", input: { lastName: "Silva" } },
        history: [{ step: "attempt", outcome: "timeout", httpStatus: 504 }],
      });
      expect(json.requestsForOthers).toEqual([
        expect.objectContaining({
          id: forOther,
          kind: "UPDATE_USER",
          status: "NEEDS_ATTENTION",
          idempotencyKey: "for-other",
        }),
      ]);
      expect(Object.keys(json.requestsForOthers[0])).not.toContain("input");
      expect(json.events).toMatchObject([
        { kind: "enrollment_successful", body: { userid: MEMBER, moredetails: [{ value: "plus" }] } },
      ]);
      expect(stdout).not.toMatch(
        new RegExp(`${OTHER_MEMBER_ID}|v1\\.|${TEST_ENCRYPTION_KEY.replaceAll("=", "")}|digest|lease`),
      );
    });

    test("leaves out the name of the person who decided, and another requester's key", async () => {
      const claim = createClaim({
        kind: "UPDATE_USER",
        principal: "staff-9",
        userId: MEMBER,
        idempotencyKey: "of-staff",
        now: Date.now(),
      });
      const { operation, lease } = expectClaimed(await opened.store.claim(claim));
      await opened.store.markSent(operation, lease, Date.now());
      await opened.store.park(operation.id, lease);
      await settleAsFailed(operation.id, "no change");
      const { json, stdout } = await members("export", MEMBER);
      expect(json.operations).toMatchObject([
        {
          isRequester: false,
          idempotencyKey: null,
          decisions: [{ outcome: "FAILED", reason: "no change", evidence: "ticket 4711" }],
        },
      ]);
      expect(stdout).not.toMatch(/Ana|staff-9|of-staff/);
    });
  });

  test("an ID that is stored only as a digest is found by it", async () => {
    const cancel = findMutation("cancelPixAuthorization");
    const claims = { ...PAYER, sub: "ana@example.com" };
    await sendMutation(subgraph, cancel, { input: { ...cancel.input, idempotencyKey: "by-mail" }, claims });
    const exported = await members("export", claims.sub);
    expect(exported.json).toMatchObject({
      operations: [],
      requestsForOthers: [{ idempotencyKey: "by-mail" }],
      events: [],
    });
    expect((await members("erase", claims.sub)).stdout).toBe("1 operation and 0 events were erased.\n");
    expect(findCanaries(await dumpDatabase(url), [RECURRENCE_ID, "by-mail"])).toEqual([]);
    expect((await members("erase", claims.sub)).exitCode).toBe(2); // nothing is stored any more
  });

  test("a member whose ID looks like a document is found", async () => {
    await sendEvent("04623217035");
    await whenProcessed();
    expect((await members("erase", "04623217035", "--json")).json).toMatchObject({ isErased: true, events: 1 });
  });

  test.each([
    ["no command", [], "command must be export or erase"],
    ["an unknown command", ["list", "secret-1"], "command must be export or erase"],
    ["no ID", ["erase"], "ID is missing"],
    ["an empty ID", ["erase", ""], "1 to 256 characters"],
    ["two IDs", ["erase", "secret-1", "secret-2"], "Only one ID"],
    ["an unknown option", ["erase", "secret-1", "--all"], "option is unknown"],
    ["a dry export", ["export", "secret-1", "--dry-run"], "option is unknown"],
    ["a wildcard", ["erase", "*"], "Nothing is stored under this ID"],
    ["a pattern of SQL", ["erase", "secret%"], "Nothing is stored under this ID"],
    ["a quote", ["erase", "secret' or '1'='1"], "Nothing is stored under this ID"],
    ["a CPF", ["erase", "04623217035"], "neither a pattern nor a document"],
    ["a CPF with punctuation", ["export", "046.232.170-35"], "neither a pattern nor a document"],
    ["an e-mail address", ["export", "secret@example.com"], "nor an e-mail address"],
    ["a line break", ["erase", "secret\nline"], "1 to 256 characters"],
    ["a long ID", ["erase", "secret".repeat(50)], "1 to 256 characters"],
  ])("refuses %s with exit code 2, and does not repeat it", async (_what, args, reason) => {
    await storeParked("other", OTHER_MEMBER_ID);
    const run = await members(...args);
    expect(run).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(reason) });
    expect(run.stderr).not.toMatch(/secret|046/);
    expect(run.stderr.split("\n")).toHaveLength(2);
    expect(await countOf("operation")).toBe(1);
  });

  test("an unreachable database is exit code 1, without a word of the ID", async () => {
    const DATABASE_URL = dialect === "sqlite" ? "sqlite:/nowhere/none.db" : "postgres://tester:tester@127.0.0.1:9/none";
    const run = await runMembersCommand({ ...environment, DATABASE_URL }, ["erase", MEMBER]);
    expect(run).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("DATABASE_URL") });
    expect(run.stderr).not.toContain(MEMBER);
  });

  describe("the page about retention", () => {
    const PAGE = "docs/operations/retention-and-erasure.md";
    const blocks = findCodeBlocks(readText(PAGE));
    const commands = blocks
      .filter(({ language }) => language === "sh")
      .map(({ text }) => /^npm run (?:--silent )?members -- (.*)\n?$/.exec(text)?.[1] ?? `not a command: ${text}`);

    test("has commands that succeed in their order, and what erase prints", async () => {
      await sendEvent(MEMBER);
      await whenProcessed();
      for (const name of ["createUser", "updateUser"]) {
        const mutation = findMutation(name);
        const input = { ...mutation.input, userId: MEMBER, idempotencyKey: name };
        await sendMutation(subgraph, mutation, { input, claims: PAYER });
      }
      const outputs: string[] = [];
      for (const command of commands) {
        const { exitCode, stdout, stderr } = await members(...command.replace("$USER_ID", MEMBER).split(" "));
        expect([command, exitCode, stderr]).toEqual([command, 0, ""]);
        outputs.push(stdout);
      }
      expect(commands).toHaveLength(3);
      expect(outputs[2]).toBe(blocks.find(({ language }) => language === "text")?.text);
    });

    test("names every column of an operation, and every member of an export", async () => {
      const text = readText(PAGE);
      const { rows } = await sql<{ name: string }>`${
        dialect === "sqlite"
          ? sql`select name from pragma_table_info('operation')`
          : sql`select column_name as name from information_schema.columns where table_name = 'operation'`
      }`.execute(opened.database.kysely);
      const isTime = (name: string) => /_(at|since|until)$/.test(name);
      const names = rows.map(({ name }) => name).filter((name) => !isTime(name));
      const exported = Object.keys((await members("export", MEMBER)).json).slice(2);
      expect(names.length).toBeGreaterThan(15);
      expect([...names, ...exported].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
    });

    test("lists the exit codes of --help", async () => {
      const codesOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, code]) => Number(code));
      const { stdout } = await members("--help");
      expect(codesOf(readText(PAGE), /^\| (\d) +\|/gm)).toEqual([0, 1, 2, 4]);
      expect(codesOf(stdout, /^ {2}(\d) {2}/gm)).toEqual([0, 1, 2, 4]);
    });
  });
});
