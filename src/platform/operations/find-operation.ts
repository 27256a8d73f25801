import { type Kysely } from "kysely";
import { type OperationRow, type OperationTables } from "./operation-row";

/** The `key_digest` of a tombstone: no idempotency key has it. The text is stored, so it must not change. */
export const tombstoneDigest = (id: string): string => `abandoned:${id}`;

/** The row of this id, unless it is a tombstone. */
export async function findById(database: Kysely<OperationTables>, id: string): Promise<OperationRow | undefined> {
  return await database
    .selectFrom("operation")
    .selectAll()
    .where("id", "=", id)
    .where("key_digest", "<>", tombstoneDigest(id))
    .executeTakeFirst();
}

/** The row of a principal's idempotency key, by `Encryption.digestKey`. */
export async function findByDigest(
  database: Kysely<OperationTables>,
  keyDigest: string,
): Promise<OperationRow | undefined> {
  return await database.selectFrom("operation").selectAll().where("key_digest", "=", keyDigest).executeTakeFirst();
}
