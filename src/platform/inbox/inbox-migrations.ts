import { sql } from "kysely";
import { type Migration } from "../database/apply-migrations";

/** The inbox's schema. Append only. */
export const inboxMigrations: readonly Migration[] = [
  {
    name: "inbox/0001-message",
    async up(database, dialect) {
      const epochMs = dialect === "sqlite" ? "integer" : "bigint";
      await database.schema
        .createTable("message")
        .addColumn("id", "text", (column) => column.primaryKey().notNull())
        .addColumn("key_digest", "text", (column) => column.notNull().unique())
        .addColumn("kind", "text")
        .addColumn("subject", "text")
        .addColumn("occurred_at", epochMs, (column) => column.notNull())
        .addColumn("received_at", epochMs, (column) => column.notNull())
        .addColumn("sealed_body", "text")
        .addColumn("processed_at", epochMs)
        .addColumn("attempts", "integer", (column) => column.notNull())
        .addColumn("next_attempt_at", epochMs)
        .addColumn("lease_owner", "text")
        .addColumn("lease_until", epochMs)
        .addCheckConstraint("message_lease", sql`(lease_owner is null) = (lease_until is null)`)
        .execute();
      await database.schema
        .createIndex("message_by_subject")
        .on("message")
        .columns(["subject", "received_at", "id"])
        .execute();
      // Partial: messages that are due, and messages with a body.
      await sql`create index message_due on message (next_attempt_at, id) where next_attempt_at is not null`.execute(
        database,
      );
      await sql`create index message_sealed on message (received_at) where sealed_body is not null`.execute(database);
    },
  },
  {
    name: "inbox/0002-message-by-kind",
    async up(database) {
      // In the order in which the events of some kinds about one subject are read.
      await database.schema
        .createIndex("message_by_kind")
        .on("message")
        .columns(["subject", "kind", "occurred_at", "id"])
        .execute();
    },
  },
  {
    name: "inbox/0003-column-names",
    async up(database) {
      await database.schema.alterTable("message").renameColumn("sealed_body", "encrypted_body").execute();
    },
  },
];
