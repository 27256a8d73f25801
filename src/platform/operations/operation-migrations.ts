import { sql } from "kysely";
import { type Migration } from "../database/apply-migrations";

/**
 * The operation store's schema. Append only. A migration that replicas of an earlier release cannot work with is listed in
 * docs/operations/upgrading.md.
 */
export const operationMigrations: readonly Migration[] = [
  {
    name: "ledger/0001-operation",
    async up(database, dialect) {
      const epochMs = dialect === "sqlite" ? "integer" : "bigint";
      await database.schema
        .createTable("operation")
        .addColumn("id", "text", (column) => column.primaryKey().notNull())
        .addColumn("principal", "text", (column) => column.notNull())
        .addColumn("key_digest", "text", (column) => column.notNull().unique())
        .addColumn("sealed_key", "text", (column) => column.notNull())
        .addColumn("kind", "text", (column) => column.notNull())
        .addColumn("fingerprint", "text", (column) => column.notNull())
        .addColumn("subject", "text")
        .addColumn("target", "text")
        .addColumn("sealed_input", "text")
        .addColumn("status", "text", (column) => column.notNull())
        .addColumn("attempts", "integer", (column) => column.notNull())
        .addColumn("result", "text")
        .addColumn("failure", "text")
        .addColumn("created_at", epochMs, (column) => column.notNull())
        .addColumn("sent_at", epochMs)
        .addColumn("settled_at", epochMs)
        .addColumn("unconfirmed_since", epochMs)
        .addColumn("next_attempt_at", epochMs)
        .addColumn("lease_owner", "text")
        .addColumn("lease_until", epochMs)
        .addCheckConstraint(
          "operation_status",
          sql`status in ('PENDING', 'UNCONFIRMED', 'SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION')`,
        )
        // A settled row has no input, no due time and no lease.
        .addCheckConstraint(
          "operation_settled",
          sql`(settled_at is not null) = (status in ('SUCCEEDED', 'FAILED')) and (settled_at is null
            or (sealed_input is null and next_attempt_at is null and lease_owner is null and lease_until is null))`,
        )
        .addCheckConstraint("operation_lease", sql`(lease_owner is null) = (lease_until is null)`)
        .addCheckConstraint("operation_sent", sql`(sent_at is null) = (attempts = 0)`)
        .execute();
      for (const column of ["subject", "target"]) {
        await database.schema
          .createIndex(`operation_by_${column}`)
          .on("operation")
          .columns([column, "created_at", "id"])
          .execute();
      }
      // Unsettled rows only, so that the cost of polling does not grow with the table.
      await sql`create index operation_due on operation (next_attempt_at, id) where next_attempt_at is not null`.execute(
        database,
      );
    },
  },
  {
    name: "ledger/0002-exclusive-operation",
    async up(database) {
      await database.schema.alterTable("operation").addColumn("exclusive_on", "text").execute();
      // NEEDS_ATTENTION does not exclude others: an operator would have to settle the first before another may be sent.
      await sql`create unique index operation_exclusive on operation (exclusive_on)
        where exclusive_on is not null and status in ('PENDING', 'UNCONFIRMED')`.execute(database);
    },
  },
  {
    name: "ledger/0003-one-effect-on-a-target",
    async up(database) {
      // First, for its table lock: until the new index exists, no process of the earlier release must store a key that violates it.
      await database.schema.alterTable("operation").addColumn("baseline", "text").execute();
      // The old index allowed any number of settled rows for one target. One of them keeps the lock, preferably one that is not
      // settled; the others exclude through `target`, which `acquireExclusiveLock` reads too.
      await sql`update operation set exclusive_on = null where id in (
        select id from (
          select id, row_number() over (partition by exclusive_on order by
            case status when 'PENDING' then 0 when 'UNCONFIRMED' then 0 when 'NEEDS_ATTENTION' then 1 else 2 end,
            created_at desc, id) as place
          from operation where exclusive_on is not null and status <> 'FAILED') as holders
        where place > 1)`.execute(database);
      await sql`drop index operation_exclusive`.execute(database);
      // A success keeps its lock too, so that there is no moment between two statements in which nothing excludes the next one.
      await sql`create unique index operation_exclusive on operation (exclusive_on)
        where exclusive_on is not null and status <> 'FAILED'`.execute(database);
      // Without operations that failed or were never sent: one target may have any number of them.
      await sql`create index operation_earlier_by_target on operation (target, kind, created_at, id)
        where status <> 'FAILED' and (sent_at is not null or exclusive_on is not null)`.execute(database);
    },
  },
  {
    name: "ledger/0004-operation-by-kind",
    async up(database) {
      // In the order in which the operations of some kinds about one subject or target are read.
      for (const column of ["subject", "target"]) {
        for (const [which, condition] of [
          ["succeeded", sql`status = 'SUCCEEDED'`],
          ["sent", sql`sent_at is not null`],
        ] as const) {
          await sql`create index ${sql.ref(`operation_${which}_by_${column}`)}
            on operation (${sql.ref(column)}, kind, created_at, id) where ${condition}`.execute(database);
        }
      }
    },
  },
  {
    name: "operations/0005-column-names",
    async up(database) {
      // Indexes, checks and partial indexes follow a renamed column. A replica of the release before fails on the old names:
      // stop all of them first.
      for (const [before, after] of [
        ["subject", "user_id"],
        ["target", "recurrence_id"],
        ["sealed_key", "encrypted_idempotency_key"],
        ["sealed_input", "encrypted_input"],
      ] as const) {
        await database.schema.alterTable("operation").renameColumn(before, after).execute();
      }
    },
  },
  {
    name: "operations/0006-reads",
    async up(database) {
      await database.schema
        .alterTable("operation")
        .addColumn("reads", "integer", (column) => column.notNull().defaultTo(0))
        .execute();
      // The release before did not execute these any more. The reconciler decides which of them are still read.
      await sql`update operation set next_attempt_at = created_at
        where status = 'NEEDS_ATTENTION' and next_attempt_at is null`.execute(database);
    },
  },
  {
    name: "operations/0007-request-id",
    async up(database) {
      await database.schema.alterTable("operation").addColumn("request_id", "text").execute();
      await sql`create index operation_by_request on operation (request_id, created_at, id)
        where request_id is not null`.execute(database);
      // For lists and counts of all members' operations.
      await sql`create index operation_by_status on operation (status, created_at, id)`.execute(database);
      // One expression, as `listOperations` has it: with two columns, SQLite prefers this index to those of one user or recurrence.
      await sql`create index operation_by_status_and_kind on operation
        ((status || ':' || kind), created_at, id)`.execute(database);
    },
  },
  {
    name: "operations/0008-history",
    async up(database, dialect) {
      await database.schema
        .createTable("operation_history")
        .addColumn("id", "text", (column) => column.primaryKey().notNull())
        .addColumn("operation_id", "text", (column) => column.notNull().references("operation.id").onDelete("cascade"))
        .addColumn("at", dialect === "sqlite" ? "integer" : "bigint", (column) => column.notNull())
        .addColumn("step", "text", (column) => column.notNull())
        .addColumn("attempt", "integer")
        .addColumn("outcome", "text", (column) => column.notNull())
        .addColumn("http_status", "integer")
        .execute();
      await database.schema
        .createIndex("operation_history_by_operation")
        .on("operation_history")
        .columns(["operation_id", "at"])
        .execute();
    },
  },
  {
    name: "operations/0009-decision",
    async up(database, dialect) {
      await database.schema
        .createTable("operation_decision")
        .addColumn("id", "text", (column) => column.primaryKey().notNull())
        .addColumn("operation_id", "text", (column) => column.notNull().references("operation.id").onDelete("cascade"))
        .addColumn("at", dialect === "sqlite" ? "integer" : "bigint", (column) => column.notNull())
        .addColumn("step", "text", (column) => column.notNull())
        .addColumn("outcome", "text", (column) => column.notNull())
        .addColumn("decided_by", "text", (column) => column.notNull())
        .addColumn("reason", "text", (column) => column.notNull())
        .addColumn("evidence", "text", (column) => column.notNull())
        .addColumn("provider_view", "text", (column) => column.notNull())
        .addColumn("against_provider", "integer", (column) => column.notNull())
        .addColumn("status_before", "text", (column) => column.notNull())
        .addColumn("attempts_before", "integer", (column) => column.notNull())
        .addCheckConstraint("operation_decision_step", sql`step in ('PROPOSED', 'SETTLED')`)
        .addCheckConstraint("operation_decision_outcome", sql`outcome in ('SUCCEEDED', 'FAILED')`)
        .execute();
      await database.schema
        .createIndex("operation_decision_by_operation")
        .on("operation_decision")
        .columns(["operation_id", "at"])
        .execute();
      // At most one decision settles an operation.
      await sql`create unique index operation_decision_settled on operation_decision (operation_id)
        where step = 'SETTLED'`.execute(database);
    },
  },
  {
    name: "operations/0010-previous-status",
    async up(database) {
      await database.schema.alterTable("operation").addColumn("previous_status", "text").execute();
      await database.schema.alterTable("operation").addColumn("unreported", "integer").execute();
      await sql`create index operation_unreported on operation (unreported) where unreported is not null`.execute(
        database,
      );
    },
  },
  {
    name: "operations/0011-reduction",
    async up(database, dialect) {
      // A reduced row holds nothing about a person: see reduce-operations.ts.
      await database.schema
        .alterTable("operation")
        .addColumn("reduced_at", dialect === "sqlite" ? "integer" : "bigint", (column) =>
          column.check(sql`reduced_at is null or (settled_at is not null and principal = '' and encrypted_idempotency_key = ''
            and user_id is null and request_id is null and encrypted_input is null and result is null and baseline is null
            and exclusive_on is null)`),
        )
        .execute();
      // In the order of the retention; a row leaves it when it is reduced.
      await sql`create index operation_unreduced on operation (settled_at, id)
        where settled_at is not null and reduced_at is null`.execute(database);
      // Only operations about another member than their requester: few.
      await sql`create index operation_by_requester on operation (principal, id)
        where principal <> coalesce(user_id, '') and principal <> ''`.execute(database);
    },
  },
  {
    name: "operations/0012-objection",
    async up(database) {
      await database.schema.alterTable("operation_decision").addColumn("objection", "text").execute();
    },
  },
];
