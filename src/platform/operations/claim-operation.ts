import { randomUUID } from "node:crypto";
import { type Insertable, type Kysely } from "kysely";
import { grantLease } from "../database/due-rows";
import { canonicalJson } from "../kernel/canonical-json";
import { type OperationTables, fromOperationRow, type OperationRow } from "./operation-row";
import { isSettled } from "./operation-status.state";
import { type Claim, type ClaimResult } from "./operation";
import { type Encryption } from "../kernel/encryption";

/** See `Ledger.claim`. The unique index of the key digest decides who was first; the loser reads what the winner stored. */
export async function claimOperation(
  database: Kysely<OperationTables>,
  encryption: Encryption,
  claim: Claim,
): Promise<ClaimResult> {
  const id = claim.id ?? randomUUID();
  const lease = grantLease(claim.owner, id);
  const row = { ...buildRow(encryption, claim, id), lease_owner: lease, lease_until: claim.now + claim.leaseMs };
  const inserted = await database
    .insertInto("operation")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted) return { outcome: "claimed", operation: fromOperationRow(inserted), lease };

  const existing = await findByDigest(database, row.key_digest);
  if (!existing) return claimOperation(database, encryption, claim); // abandoned in between: the key is free again
  // Stored by an earlier try of this very claim, whose answer was lost.
  if (existing.lease_owner === lease) return { outcome: "claimed", operation: fromOperationRow(existing), lease };
  if (existing.fingerprint !== row.fingerprint) return { outcome: "keyReused" };
  return { outcome: isSettled(existing.status) ? "replay" : "inProgress", operation: fromOperationRow(existing) };
}

/** The row of a principal's idempotency key, by `Sealing.digestKey`. */
export async function findByDigest(
  database: Kysely<OperationTables>,
  keyDigest: string,
): Promise<OperationRow | undefined> {
  return await database.selectFrom("operation").selectAll().where("key_digest", "=", keyDigest).executeTakeFirst();
}

function buildRow(encryption: Encryption, claim: Claim, id: string): Insertable<OperationRow> {
  const { principal, idempotencyKey, kind, input } = claim;
  return {
    id,
    principal,
    key_digest: encryption.digestKey(principal, idempotencyKey),
    encrypted_idempotency_key: encryption.encrypt(idempotencyKey, { rowId: id, purpose: "idempotencyKey" }),
    kind,
    fingerprint: encryption.fingerprint(kind, input),
    user_id: claim.userId ?? null,
    recurrence_id: claim.recurrenceId ?? null,
    encrypted_input: encryption.encrypt(canonicalJson(input), { rowId: id, purpose: "input" }),
    status: "PENDING",
    attempts: 0,
    created_at: claim.now,
    // Due at once but for the lease: if its holder dies, nobody waits any longer than that.
    next_attempt_at: claim.now,
  };
}
