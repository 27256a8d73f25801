import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { type Databases, startDatabases } from "../kit/start/databases";
import { type Program, spawnProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { freePort } from "../kit/free-port";
import { createTempDirectory } from "../kit/temp";

jest.setTimeout(600_000);

const newKey = () => randomBytes(32).toString("base64");
const SENTENCE = /^The database of DATABASE_URL cannot be reached or cannot be written to( \([A-Z0-9_]+\))?\.\n$/;
const CONFIGURATION = "The configuration is not valid:\n  ";

let databases: Databases;
const { path: folder, remove: removeFolder } = createTempDirectory("start");
const started: Program[] = [];

beforeAll(async () => {
  databases = await startDatabases();
});
afterEach(() => {
  for (const { process } of started.splice(0)) process.kill("SIGKILL");
});
afterAll(async () => {
  await databases.stop();
  removeFolder();
});

/** On ports of its own, with providers that are not asked anything. */
async function start(environment: Readonly<Record<string, string>>): Promise<Program> {
  const [port, provider] = [await freePort(), await freePort()];
  const base = `http://127.0.0.1:${provider}`;
  const program = spawnProgram({ PORT: `${port}`, AVIBRA_BASE_URL: base, DELBANK_BASE_URL: base, ...environment });
  started.push(program);
  return program;
}

async function outputOfFailure(environment: Readonly<Record<string, string>>): Promise<string> {
  const program = await start(environment);
  expect(await program.exit).toBe(1);
  return program.output();
}

/** Resolves with the output once it listens; then it is stopped. */
async function outputOfStart(environment: Readonly<Record<string, string>>): Promise<string> {
  const program = await start(environment);
  await waitFor(() => (program.output().includes('"listening"') ? true : undefined));
  program.process.kill("SIGTERM");
  expect(await program.exit).toBe(0);
  return program.output();
}

/** A database of the suite's server, made by `create`. */
async function databaseWith(create: string): Promise<string> {
  const url = new URL(await databases.createDatabase("postgres"));
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const name = `made_${randomBytes(8).toString("hex")}`;
  await client.query(`create database ${name} ${create}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}

describe("a database that cannot be used at start is one sentence, without JSON, stack or credential", () => {
  test.each([
    ["nobody listens there", "127.0.0.1:1"],
    ["the host does not exist", "no-such-host.invalid:5432"],
  ])("%s", async (_why, host) => {
    expect(await outputOfFailure({ DATABASE_URL: `postgres://user:hunter2@${host}/db` })).toMatch(SENTENCE);
  });

  test("the password is wrong", async () => {
    const url = new URL(await databases.createDatabase("postgres"));
    url.password = "hunter2";
    expect(await outputOfFailure({ DATABASE_URL: url.href })).toMatch(SENTENCE);
  });

  test("the database does not exist", async () => {
    const url = new URL(await databases.createDatabase("postgres"));
    url.pathname = "/hunter2";
    expect(await outputOfFailure({ DATABASE_URL: url.href })).toMatch(SENTENCE);
  });

  test("the database is read-only, as a standby is", async () => {
    const url = await databaseWith("");
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    await client.end();
    expect(await outputOfFailure({ DATABASE_URL: url })).toMatch(SENTENCE);
  });

  test("the user may not create tables", async () => {
    const url = new URL(await databases.createDatabase("postgres"));
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query("create role reader login password 'hunter2'");
    await client.end();
    [url.username, url.password] = ["reader", "hunter2"];
    expect(await outputOfFailure({ DATABASE_URL: url.href })).toBe(
      "The user of DATABASE_URL lacks a privilege that the migration of the schema needs (42501).\n",
    );
  });

  test("the file is no SQLite database", async () => {
    const file = join(folder, "hunter2.db");
    writeFileSync(file, "this is a text, and not a database at all. ".repeat(100));
    expect(await outputOfFailure({ DATABASE_URL: `sqlite:${file}` })).toMatch(SENTENCE);
  });
});

test.each(["SQL_ASCII", "LATIN1"])("a database with the encoding %s is refused by name", async (encoding) => {
  const url = await databaseWith(`encoding '${encoding}' locale 'C' template template0`);
  expect(await outputOfFailure({ DATABASE_URL: url })).toBe(
    `${CONFIGURATION}DATABASE_URL: the encoding of the database must be UTF8, but it is ${encoding}\n`,
  );
});

test("a server with fsync off is a warning in the sandbox", async () => {
  const output = await outputOfStart({ DATABASE_URL: await databases.createDatabase("postgres") });
  expect(output).toMatch(/"settings":\["fsync"\],"msg":"the database server can lose committed data in a crash"/);
});

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  test("a process with another LEDGER_KEY than the database's refuses to start, and says so without either key", async () => {
    const [ours, theirs] = [newKey(), newKey()];
    const DATABASE_URL = await databases.createDatabase(dialect);
    await outputOfStart({ DATABASE_URL, LEDGER_KEY: ours });
    expect(await outputOfFailure({ DATABASE_URL, LEDGER_KEY: theirs })).toBe(
      `${CONFIGURATION}LEDGER_KEY: the database was written with another key\n`,
    );
    await outputOfStart({ DATABASE_URL, LEDGER_KEY: ours });
  });

  test("so does a sandbox that has made a key of its own", async () => {
    const DATABASE_URL = await databases.createDatabase(dialect);
    await outputOfStart({ DATABASE_URL, LEDGER_KEY: newKey() });
    expect(await outputOfFailure({ DATABASE_URL, DATA_DIRECTORY: join(folder, "own") })).toBe(
      `${CONFIGURATION}LEDGER_KEY: the database was written with another key than the one that is stored in ${join(folder, "own")}\n`,
    );
  });
});
