import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { describeStartFailure } from "../../src/app/describe-start-failure";
import { openStores } from "../../src/app/stores";
import { loadConfig } from "../../src/config/index";
import { createLogger } from "../../src/platform/observability/logger";
import { freePort } from "../kit/free-port";
import { type Databases, startDatabases } from "../kit/start/databases";
import { type Program, spawnProgram } from "../kit/start/program";
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
afterAll(async () => {
  for (const { process } of started) process.kill("SIGKILL");
  await Promise.all(started.map(({ exit }) => exit));
  await databases.stop();
  removeFolder();
});

/** Opens the database as the program does at its start, and closes it; the log. */
async function openAndClose(environment: Readonly<Record<string, string>>): Promise<string> {
  const log: string[] = [];
  const logger = createLogger("info", { write: (line) => void log.push(line) });
  const { database } = loadConfig({ DATA_DIRECTORY: join(folder, "data"), ...environment });
  const stores = await openStores(database, { isSandbox: true, mayCallRealProviders: false, logger });
  await stores.close();
  return log.join("");
}

/** What the operator reads if the database cannot be opened. */
async function describeFailure(environment: Readonly<Record<string, string>>): Promise<string> {
  const failure = await openAndClose(environment).then(
    () => "the database was opened",
    (error: unknown) => describeStartFailure(error),
  );
  return `${failure}\n`;
}

/** What the program writes before it exits with 1. */
async function outputOfProgram(environment: Readonly<Record<string, string>>): Promise<string> {
  const [port, provider] = [await freePort(), await freePort()];
  const base = `http://127.0.0.1:${provider}`;
  const program = spawnProgram({ PORT: `${port}`, AVIBRA_BASE_URL: base, DELBANK_BASE_URL: base, ...environment });
  started.push(program);
  expect(await program.exit).toBe(1);
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

describe("an unusable database at start is reported in one sentence, without JSON, stack or credential:", () => {
  test("in the output of the program, which exits with 1", async () => {
    expect(await outputOfProgram({ DATABASE_URL: "postgres://user:hunter2@127.0.0.1:1/db" })).toMatch(SENTENCE);
  });

  test.each([
    ["its address refuses connections", "127.0.0.1:1"],
    ["its host does not exist", "no-such-host.invalid:5432"],
  ])("%s", async (_why, host) => {
    expect(await describeFailure({ DATABASE_URL: `postgres://user:hunter2@${host}/db` })).toMatch(SENTENCE);
  });

  test("its password is wrong", async () => {
    const url = new URL(await databases.createDatabase("postgres"));
    url.password = "hunter2";
    expect(await describeFailure({ DATABASE_URL: url.href })).toMatch(SENTENCE);
  });

  test("it does not exist", async () => {
    const url = new URL(await databases.createDatabase("postgres"));
    url.pathname = "/hunter2";
    expect(await describeFailure({ DATABASE_URL: url.href })).toMatch(SENTENCE);
  });

  test("it is read-only, like a standby", async () => {
    const url = await databaseWith("");
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    await client.end();
    expect(await describeFailure({ DATABASE_URL: url })).toMatch(SENTENCE);
  });

  test("its user lacks the privilege to create tables", async () => {
    const url = new URL(await databases.createDatabase("postgres"));
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query("create role reader login password 'hunter2'");
    await client.end();
    [url.username, url.password] = ["reader", "hunter2"];
    expect(await describeFailure({ DATABASE_URL: url.href })).toBe(
      "The user of DATABASE_URL lacks a privilege that is needed, for example to migrate the schema (42501).\n",
    );
  });

  test("its file is not a SQLite file", async () => {
    const file = join(folder, "hunter2.db");
    writeFileSync(file, "this is a text, and not a database at all. ".repeat(100));
    expect(await describeFailure({ DATABASE_URL: `sqlite:${file}` })).toMatch(SENTENCE);
  });
});

test.each(["SQL_ASCII", "LATIN1"])(
  "a database with the encoding %s is rejected with the name of the encoding",
  async (encoding) => {
    const url = await databaseWith(`encoding '${encoding}' locale 'C' template template0`);
    expect(await describeFailure({ DATABASE_URL: url })).toBe(
      `${CONFIGURATION}DATABASE_URL: the encoding of the database must be UTF8, but it is ${encoding}\n`,
    );
  },
);

test("a server with fsync off is a warning in the sandbox", async () => {
  const output = await openAndClose({ DATABASE_URL: await databases.createDatabase("postgres") });
  expect(output).toMatch(/"settings":\["fsync"\],"msg":"the database server can lose committed data in a crash"/);
});

describe.each(["sqlite", "postgres"] as const)("for a %s database,", (dialect) => {
  test("a LEDGER_KEY other than the one of its data is rejected, without either key in the output", async () => {
    const [key, otherKey] = [newKey(), newKey()];
    const DATABASE_URL = await databases.createDatabase(dialect);
    await openAndClose({ DATABASE_URL, LEDGER_KEY: key });
    expect(await describeFailure({ DATABASE_URL, LEDGER_KEY: otherKey })).toBe(
      `${CONFIGURATION}LEDGER_KEY: the database was written with another key\n`,
    );
    await openAndClose({ DATABASE_URL, LEDGER_KEY: key });
    if (dialect === "sqlite") {
      expect(await outputOfProgram({ DATABASE_URL, LEDGER_KEY: otherKey })).toBe(
        `${CONFIGURATION}LEDGER_KEY: the database was written with another key\n`,
      );
    }
  });

  test("a generated key of the sandbox is rejected if its data was written with another key", async () => {
    const DATABASE_URL = await databases.createDatabase(dialect);
    await openAndClose({ DATABASE_URL, LEDGER_KEY: newKey() });
    expect(await describeFailure({ DATABASE_URL, DATA_DIRECTORY: join(folder, "own") })).toBe(
      `${CONFIGURATION}LEDGER_KEY: the database was written with another key than the one that is stored in ${join(folder, "own")}\n`,
    );
  });
});
