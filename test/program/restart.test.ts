import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../kit/free-port";
import { createSandboxControl } from "../kit/sandbox-control";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type Databases, startDatabases } from "../kit/start/databases";
import { type RunningProgram, spawnProgram, startProgram } from "../kit/start/program";
import { createTempDirectory } from "../kit/temp";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

jest.setTimeout(600_000);

const CANCEL = `mutation { cancelPixAuthorization(input: { idempotencyKey: "press-1", recurrenceId: "${RECURRENCE_ID}",
  requesterType: NATURAL, requesterDocument: "${PAYER_TAX_ID}", reason: REQUESTED_BY_PAYER }) { operation { id status } } }`;
const STATE = `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status }
  me { enrollment { status source } events { edges { node { kind } } } operations { edges { node { id kind status } } } } }`;

const directory = createTempDirectory("restart");
let databases: Databases;
beforeAll(async () => (databases = await startDatabases()));
afterAll(async () => {
  directory.remove();
  await databases.stop();
});
const started: RunningProgram[] = [];
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

async function chooseVariables(name: string): Promise<Record<string, string>> {
  return {
    DATA_DIRECTORY: join(directory.path, name), // the default database is a file in it
    AVIBRA_SANDBOX_PORT: `${await freePort()}`,
    DELBANK_SANDBOX_PORT: `${await freePort()}`,
  };
}
async function start(environment: Readonly<Record<string, string>>) {
  const program = await startProgram(environment);
  started.push(program);
  const control = (name: string) => createSandboxControl(`http://127.0.0.1:${environment[name] ?? ""}`);
  return { ...program, avibra: control("AVIBRA_SANDBOX_PORT"), delbank: control("DELBANK_SANDBOX_PORT") };
}
const isRefused = (port: number) =>
  new Promise<true | undefined>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", () => {
      resolve(true);
    });
  });
/** The sandbox's process ends itself after the program: until then a next start would use it. */
async function waitForSandboxEnd(environment: Readonly<Record<string, string>>): Promise<void> {
  for (const name of ["AVIBRA_SANDBOX_PORT", "DELBANK_SANDBOX_PORT"]) {
    await waitFor(() => isRefused(Number(environment[name])));
  }
}

test.each([
  ["SIGTERM", (program: RunningProgram) => program.stop()],
  ["SIGKILL", (program: RunningProgram) => program.kill()],
] as const)("after a restart by %s, both the operation and the provider know the cancellation", async (signal, end) => {
  const environment = await chooseVariables(signal);
  const first = await start(environment);
  const { data } = await first.graphql(CANCEL, { claims: PAYER_CLAIMS });
  expect(data.cancelPixAuthorization.operation.status).toBe("SUCCEEDED");
  await first.delbank.addFault({ match: {}, kind: "hangBeforeCommit", times: 100 });
  await end(first);
  await waitForSandboxEnd(environment);

  const second = await start(environment);
  const { data: state, errors } = await second.graphql(STATE, { claims: PAYER_CLAIMS });
  expect(errors).toBeUndefined();
  expect(state).toEqual({
    pixAuthorization: { status: "CANCELLED" },
    me: {
      enrollment: { status: "ENROLLED", source: "EVENT" },
      events: { edges: [{ node: { kind: "ENROLLMENT_SUCCESSFUL" } }] },
      operations: {
        edges: [
          {
            node: {
              id: data.cancelPixAuthorization.operation.id,
              kind: "CANCEL_PIX_AUTHORIZATION",
              status: "SUCCEEDED",
            },
          },
        ],
      },
    },
  });
  expect((await second.delbank.state()).commits).toHaveLength(1);
  expect(await second.delbank.requests("/baas/api/v1/automatic-pix")).toHaveLength(1); // the read after the restart
});

test("the program ends with a message that says what to do if the state of the sandbox is corrupt", async () => {
  const environment = await chooseVariables("corrupt");
  const file = join(directory.path, "corrupt", "subgraph.db.sandbox.json");
  const first = await start(environment);
  await first.graphql(CANCEL, { claims: PAYER_CLAIMS });
  await first.stop();
  writeFileSync(file, readFileSync(file, "utf8").slice(0, 100));
  const second = spawnProgram({ ...environment, PORT: `${await freePort()}` });
  expect(await second.exit.finally(() => second.process.kill("SIGKILL"))).toBe(1);
  expect(second.output()).toContain(
    `sandbox: ${file} is not a state of the simulated providers that this release can read; delete it, and they start from their seeds`,
  );
  expect(second.output()).toContain("PROVIDERS: the simulated providers could not start; the line above says why");
});

test.each(["sqlite::memory:", "PostgreSQL"])(
  "with %s, the simulated providers start from their seeds",
  async (database) => {
    const DATABASE_URL = database === "PostgreSQL" ? await databases.createDatabase("postgres") : database;
    const environment = { ...(await chooseVariables(database.slice(0, 6))), DATABASE_URL };
    const first = await start(environment);
    await first.graphql(CANCEL, { claims: PAYER_CLAIMS });
    await first.stop();
    const second = await start(environment);
    expect((await second.delbank.state()).commits).toEqual([]);
    const { data } = await second.graphql(STATE, { claims: PAYER_CLAIMS });
    expect(data.pixAuthorization).toEqual({ status: "ACTIVE" });
    expect(data.me.operations.edges).toHaveLength(database === "PostgreSQL" ? 1 : 0); // what the database keeps
  },
);
