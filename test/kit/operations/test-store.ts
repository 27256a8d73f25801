import { sql } from "kysely";
import { type Lease } from "../../../src/platform/database/due-rows";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { type OperationObserver } from "../../../src/platform/operations/operation-observer";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { type Claim, type ClaimResult, type Operation } from "../../../src/platform/operations/operation";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { HOUR_TIMEOUTS } from "../database/pool";

/** The encryption key of every test store, so that several processes can share a database. */
export const TEST_ENCRYPTION_KEY = Buffer.alloc(32, "test").toString("base64");

/** Epoch ms at which tests begin; the store never reads a clock. */
export const START_MS = 1_790_000_000_000;
export const LEASE_MS = 10_000;

export interface OpenStore {
  readonly store: OperationStore;
  readonly database: Database;
}

export function openOperationStore(
  url: string,
  limits: Partial<DatabaseOptions> = {},
  observer?: OperationObserver,
): OpenStore {
  const database = openDatabase(url, { ...HOUR_TIMEOUTS, ...limits });
  return { database, store: new OperationStore(database, createEncryption(TEST_ENCRYPTION_KEY), observer) };
}

export async function createMigratedStore(url: string, limits: Partial<DatabaseOptions> = {}): Promise<OpenStore> {
  const openStore = openOperationStore(url, limits);
  await openStore.database.migrate(operationMigrations);
  return openStore;
}

export function createClaim(claim: Partial<Claim> = {}): Claim {
  return {
    principal: "principal-1",
    idempotencyKey: "key-1",
    kind: "order.cancel",
    input: { reason: "none", items: [1, 2] },
    owner: "one",
    leaseMs: LEASE_MS,
    now: START_MS,
    ...claim,
  };
}

export function expectClaimed(result: ClaimResult): { operation: Operation; lease: Lease } {
  if (result.outcome !== "claimed") throw new Error(`expected a claim, got ${result.outcome}`);
  return result;
}

/** Deletes every operation, which is faster than a new database. */
export async function clearOperations({ kysely }: Pick<Database, "kysely">): Promise<void> {
  await sql`delete from operation`.execute(kysely);
}
