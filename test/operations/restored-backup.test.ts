import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { createSandboxControl } from "../kit/sandbox-control";
import { authorizationId, MEMBER_ID, OTHER_MEMBER_ID, PAYER_TAX_ID } from "../kit/seeds/ids";
import { findMutation, sendMutation } from "../kit/seeds/mutations";
import { type TestSubgraph } from "../kit/start/subgraph";
import { startOnSandboxes } from "../kit/start/on-sandboxes";
import { createTempDirectory, type TempDirectory } from "../kit/temp";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

// What the runbook docs/operations/runbooks/database-loss.md says about a database that is older than what the providers have done.

const [LOST, UNSENT, UNCONFIRMED] = [1, 2, 3].map(authorizationId) as [string, string, string];
/** The member whose change was accepted, and not sent, when the backup was made. */
const UNSENT_MEMBER = OTHER_MEMBER_ID;

const cancel = (recurrenceId: string) =>
  [
    "cancelPixAuthorization",
    {
      ...{ idempotencyKey: recurrenceId, recurrenceId, requesterType: "NATURAL", requesterDocument: PAYER_TAX_ID },
      reason: "REQUESTED_BY_PAYER",
    },
  ] as const;
const lostRename = ["updateUser", { idempotencyKey: "lost-rename", userId: MEMBER_ID, lastName: "Nunes" }] as const;
const rename = ["updateUser", { idempotencyKey: "rename", userId: UNSENT_MEMBER, lastName: "Nunes" }] as const;
type Request = readonly [name: string, input: Readonly<Record<string, unknown>>];

describe("a database that is restored from a backup", () => {
  let sandboxes: Sandboxes;
  let directory: TempDirectory;
  let subgraph: TestSubgraph;
  let ids: Readonly<Record<"unsent" | "unconfirmed" | "rename", string>>;
  const file = () => join(directory.path, "subgraph.db");
  const backup = () => join(directory.path, "backup.db");
  const delbank = () => createSandboxControl(sandboxes.delbank.url);
  const avibra = () => createSandboxControl(sandboxes.avibra.url);

  async function start(variables: Readonly<Record<string, string>> = {}): Promise<void> {
    const common = { DATABASE_URL: `sqlite:${file()}`, DATA_DIRECTORY: directory.path, RECONCILE_INTERVAL_MS: "50" };
    subgraph = await startOnSandboxes(sandboxes, { ...common, ...variables });
  }
  /** Stops the program, and starts it again with the database as it was at the backup. */
  async function restore(variables: Readonly<Record<string, string>> = {}): Promise<void> {
    await subgraph.stop();
    for (const suffix of ["-wal", "-shm"]) rmSync(file() + suffix, { force: true });
    copyFileSync(backup(), file());
    await start(variables);
  }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- looked into as JSON
  async function send([name, input]: Request): Promise<any> {
    const { data, errors } = await sendMutation(subgraph, findMutation(name), { input, claims: PAYER_CLAIMS });
    expect(errors).toBeUndefined();
    return data[name];
  }
  const find = async (id: string) => {
    const query = "query($id: ID!) { operation(id: $id) { status attempts failure { code message } } }";
    return (await subgraph.graphql(query, { claims: PAYER_CLAIMS, variables: { id } })).data.operation;
  };
  const whenSettled = (id: string) =>
    waitFor(async () => {
      const operation = await find(id);
      return ["SUCCEEDED", "FAILED"].includes(operation?.status) ? operation : undefined;
    });
  const commitsOf = async (control: ReturnType<typeof avibra>, subject: string) =>
    (await control.state()).commits.filter((commit) => commit.subject === subject);

  beforeAll(async () => {
    sandboxes = await startSandboxes({ extraAuthorizations: 3 });
    directory = createTempDirectory("restored");
    await start();
    const path = (recurrenceId: string) => `/automatic-pix/authorizations/${recurrenceId}`;
    const isDown = { kind: "status", status: 503, times: 100_000 };
    await delbank().addFault({ match: { method: "GET", path: path(UNSENT) }, ...isDown });
    await delbank().addFault({ match: { method: "POST", path: path(UNCONFIRMED) }, kind: "resetAfterCommit" });
    await delbank().addFault({ match: { method: "GET", path: path(UNCONFIRMED) }, kind: "delay", delayMs: 0 });
    await delbank().addFault({ match: { method: "GET", path: path(UNCONFIRMED) }, ...isDown });
    await avibra().addFault({ match: { path: "/oauth2/token" }, ...isDown });
    ids = {
      unsent: (await send(cancel(UNSENT))).operation.id,
      unconfirmed: (await send(cancel(UNCONFIRMED))).operation.id,
      rename: (await send(rename)).operation.id,
    };
    expect(await find(ids.unsent)).toMatchObject({ status: "PENDING", attempts: 0 });
    expect(await find(ids.unconfirmed)).toMatchObject({ status: "UNCONFIRMED" });
    expect(await find(ids.rename)).toMatchObject({ status: "PENDING", attempts: 0 });

    const database = new DatabaseSync(file());
    database.exec(`vacuum into '${backup()}'`);
    database.close();

    await Promise.all([delbank().clearFaults(), avibra().clearFaults()]);
    for (const id of Object.values(ids)) expect(await whenSettled(id)).toMatchObject({ status: "SUCCEEDED" });
    for (const request of [cancel(LOST), lostRename]) {
      expect((await send(request)).operation).toMatchObject({ status: "SUCCEEDED" });
    }
  });
  afterAll(async () => {
    await subgraph.stop();
    await sandboxes.close();
    directory.remove();
  });

  describe("within SEND_WINDOW_MS", () => {
    beforeAll(() => restore());

    test("an operation that was UNCONFIRMED is settled by a read, and is not sent again", async () => {
      expect(await whenSettled(ids.unconfirmed)).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
      expect(await commitsOf(delbank(), UNCONFIRMED)).toHaveLength(1);
    });

    test("a cancellation that was not sent then, and is at Delbank now, is FAILED as ALREADY_CANCELLED, and is not sent again", async () => {
      expect(await whenSettled(ids.unsent)).toMatchObject({ status: "FAILED", failure: { code: "ALREADY_CANCELLED" } });
      expect(await commitsOf(delbank(), UNSENT)).toHaveLength(1);
    });

    test("a change that was not sent then is sent with the key that Avibra knows, so that it has one effect", async () => {
      expect(await whenSettled(ids.rename)).toMatchObject({ status: "SUCCEEDED" });
      expect(await commitsOf(avibra(), UNSENT_MEMBER)).toHaveLength(1);
    });

    test("a cancellation that the backup lacks is not sent again, under the same key, once Delbank shows it", async () => {
      const { operation, userErrors } = await send(cancel(LOST));
      expect(operation).toMatchObject({ status: "FAILED", attempts: 0 });
      expect(userErrors).toMatchObject([{ code: "ALREADY_CANCELLED" }]);
      expect(await commitsOf(delbank(), LOST)).toHaveLength(1);
    });

    test("a change at Avibra that the backup lacks is sent again under the same key, with another key for Avibra", async () => {
      expect((await send(lostRename)).operation).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
      const keys = (await commitsOf(avibra(), MEMBER_ID)).map(({ idempotencyKey }) => idempotencyKey);
      expect(keys).toHaveLength(2);
      expect(new Set(keys).size).toBe(2);
    });
  });

  test("after SEND_WINDOW_MS, an operation that was not sent then is FAILED with the message that nothing was changed, which is not true", async () => {
    await restore({ SEND_WINDOW_MS: "1" });
    for (const id of [ids.unsent, ids.rename]) {
      const failure = { code: "PROVIDER_REJECTED", message: expect.stringContaining("Nothing was changed.") };
      expect(await whenSettled(id)).toMatchObject({ status: "FAILED", failure });
    }
    expect(await commitsOf(delbank(), UNSENT)).toHaveLength(1);
    expect(await commitsOf(avibra(), UNSENT_MEMBER)).toHaveLength(1);
  });

  test("a cancellation that the backup lacks is sent a second time while Delbank's reads do not show it yet", async () => {
    await restore();
    const control = sandboxes.delbank.url;
    await fetch(`${control}/__sandbox/reads`, { method: "POST", body: JSON.stringify({ lagMs: 3_600_000 }) });
    expect((await send(cancel(LOST))).operation).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(await commitsOf(delbank(), LOST)).toHaveLength(2);
  });
});
