import { type Kysely, sql } from "kysely";
import { type Migration } from "../database/migrate";
import { type Database } from "../database/open-database";
import { SealBroken } from "./ledger.errors";
import { type SealContext, type Sealing } from "./sealing";

/** The table of the check value. Append only, as the ledger's. */
export const keyCheckMigrations: readonly Migration[] = [
  {
    name: "key-check/0001-check-value",
    async up(database) {
      await database.schema
        .createTable("ledger_key")
        // One row at most: of several processes that store the first check value, one succeeds.
        .addColumn("id", "integer", (column) => column.primaryKey().check(sql`id = 1`))
        .addColumn("check_value", "text", (column) => column.notNull())
        .execute();
    },
  },
];

/** The database was written with another LEDGER_KEY. */
export class WrongLedgerKey extends Error {
  override readonly name = "WrongLedgerKey";

  constructor() {
    super("The ledger key is not the one that this database was written with");
  }
}

/** A column of sealed texts, by which a database without a check value tells its key. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly purpose: SealContext["purpose"];
}

/** Rows of a table that are looked at. Ids are random, so the first ones are a sample. */
const SAMPLE = 100;

type KeyTables = { ledger_key: { id: number; check_value: string } };

/**
 * Throws WrongLedgerKey unless this database belongs to the key of `sealing`. The first process stores the check value; in a
 * database that has rows from before, only a process whose key opens most of them does.
 */
export async function assertKeyOfDatabase(
  { kysely }: Pick<Database, "kysely">,
  sealing: Sealing,
  columns: readonly SealedColumn[],
): Promise<void> {
  const tables = kysely.$extendTables<KeyTables>();
  let stored = await readCheckValue(tables);
  if (stored === undefined) {
    if (!(await opensMost(kysely, sealing, columns))) throw new WrongLedgerKey();
    await tables
      .insertInto("ledger_key")
      .values({ id: 1, check_value: sealing.checkValue })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    stored = await readCheckValue(tables);
  }
  if (stored !== sealing.checkValue) throw new WrongLedgerKey();
}

async function readCheckValue(tables: Kysely<KeyTables>): Promise<string | undefined> {
  const row = await tables.selectFrom("ledger_key").select("check_value").where("id", "=", 1).executeTakeFirst();
  return row?.check_value;
}

async function opensMost(
  kysely: Database["kysely"],
  sealing: Sealing,
  columns: readonly SealedColumn[],
): Promise<boolean> {
  const opened: boolean[] = [];
  for (const { table, column, purpose } of columns) {
    const { rows } = await sql<{ id: string; sealed: string }>`
      select id, ${sql.ref(column)} as sealed from ${sql.table(table)}
      where ${sql.ref(column)} is not null order by id limit ${SAMPLE}`.execute(kysely);
    opened.push(...rows.map(({ id, sealed }) => isOpenedBy(sealing, sealed, { rowId: id, purpose })));
  }
  return opened.filter(Boolean).length * 2 >= opened.length;
}

function isOpenedBy(sealing: Sealing, sealed: string, context: SealContext): boolean {
  try {
    sealing.open(sealed, context);
    return true;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}
