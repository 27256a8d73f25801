import { randomUUID } from "node:crypto";
import { type Insertable, type Kysely } from "kysely";
import { grantLease } from "../database/due-rows";
import { canonicalJson } from "../kernel/canonical-json";
import { type Encryption } from "../kernel/encryption";
import { findByDigest } from "./find-operation";
import { requireUnsettled, type Claim, type ClaimResult } from "./operation";
import { fromOperationRow, type OperationRow, type OperationTables } from "./operation-row";

/** See `OperationStore.claim`. The unique index on the key digest decides who was first; the loser reads what the winner stored. */
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
  if (inserted) return { outcome: "claimed", operation: requireUnsettled(fromOperationRow(inserted)), lease };

  const existing = await findByDigest(database, row.key_digest);
  if (!existing) return claimOperation(database, encryption, claim); // discarded in between: the key is free again
  const operation = fromOperationRow(existing);
  // Stored by an earlier attempt of this claim whose response was lost.
  if (existing.lease_owner === lease) return { outcome: "claimed", operation: requireUnsettled(operation), lease };
  if (existing.fingerprint !== row.fingerprint) return { outcome: "keyReused" };
  return operation.settledAt === null ? { outcome: "inProgress", operation } : { outcome: "replay", operation };
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
    request_id: claim.requestId ?? null,
    encrypted_input: encryption.encrypt(canonicalJson(input), { rowId: id, purpose: "input" }),
    status: "PENDING",
    attempts: 0,
    reads: 0,
    created_at: claim.now,
    // Due as soon as the lease ends: if its holder dies, the operation waits no longer than that.
    next_attempt_at: claim.now,
  };
}
