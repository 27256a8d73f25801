import { type Kysely, sql } from "kysely";
import { type Migration } from "./apply-migrations";
import { type Database } from "./open-database";
import { DecryptionFailed } from "../kernel/encryption.errors";
import { type EncryptionContext, type Encryption } from "../kernel/encryption";

/** The schema of the check value. Append only. */
export const encryptionKeyMigrations: readonly Migration[] = [
  {
    name: "key-check/0001-check-value",
    async up(database) {
      await database.schema
        .createTable("ledger_key")
        // At most one row: of several processes that store the first check value, one succeeds.
        .addColumn("id", "integer", (column) => column.primaryKey().check(sql`id = 1`))
        .addColumn("check_value", "text", (column) => column.notNull())
        .execute();
    },
  },
  {
    name: "key-check/0002-table-name",
    async up(database) {
      // A replica of a release before the renamed columns reads this table at its start, and so exits.
      await database.schema.alterTable("ledger_key").renameTo("encryption_key_check").execute();
    },
  },
];

/** The database was encrypted with another LEDGER_KEY. */
export class WrongEncryptionKey extends Error {
  override readonly name = "WrongEncryptionKey";

  constructor() {
    super("LEDGER_KEY does not match the key that this database was encrypted with");
  }
}

/** An encrypted column, from which the key of a database without a check value is determined. */
export interface EncryptedColumn {
  readonly table: string;
  readonly column: string;
  readonly purpose: EncryptionContext["purpose"];
}

/** Rows of a table that are decrypted. Ids are random, so the first ones are a random sample. */
const SAMPLE_SIZE = 100;

type KeyTables = { encryption_key_check: { id: number; check_value: string } };

/**
 * Throws WrongEncryptionKey unless this database was encrypted with the key of `encryption`. The first process stores the check value;
 * if the database already has rows, only a process whose key decrypts most of the sample stores it.
 */
export async function assertEncryptionKeyMatches(
  { kysely }: Pick<Database, "kysely">,
  encryption: Encryption,
  columns: readonly EncryptedColumn[],
): Promise<void> {
  const tables = kysely.$extendTables<KeyTables>();
  let storedCheckValue = await readCheckValue(tables);
  if (storedCheckValue === undefined) {
    if (!(await canDecryptMost(kysely, encryption, columns))) throw new WrongEncryptionKey();
    await tables
      .insertInto("encryption_key_check")
      .values({ id: 1, check_value: encryption.checkValue })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    storedCheckValue = await readCheckValue(tables);
  }
  if (storedCheckValue !== encryption.checkValue) throw new WrongEncryptionKey();
}

async function readCheckValue(tables: Kysely<KeyTables>): Promise<string | undefined> {
  const row = await tables
    .selectFrom("encryption_key_check")
    .select("check_value")
    .where("id", "=", 1)
    .executeTakeFirst();
  return row?.check_value;
}

async function canDecryptMost(
  kysely: Database["kysely"],
  encryption: Encryption,
  columns: readonly EncryptedColumn[],
): Promise<boolean> {
  const results: boolean[] = [];
  for (const { table, column, purpose } of columns) {
    const { rows } = await sql<{ id: string; ciphertext: string }>`
      select id, ${sql.ref(column)} as ciphertext from ${sql.table(table)}
      where ${sql.ref(column)} <> '' order by id limit ${SAMPLE_SIZE}`.execute(kysely);
    results.push(...rows.map(({ id, ciphertext }) => canDecrypt(encryption, ciphertext, { rowId: id, purpose })));
  }
  return results.filter(Boolean).length * 2 >= results.length;
}

function canDecrypt(encryption: Encryption, ciphertext: string, context: EncryptionContext): boolean {
  try {
    encryption.decrypt(ciphertext, context);
    return true;
  } catch (error) {
    if (error instanceof DecryptionFailed) return false;
    throw error;
  }
}
