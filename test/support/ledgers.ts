import { type Lease } from "../../src/platform/database/due-rows";
import { ledgerMigrations } from "../../src/platform/ledger/ledger-migrations";
import { Ledger } from "../../src/platform/ledger/ledger.store";
import { type Claim, type ClaimResult, type Operation } from "../../src/platform/ledger/operation.type";
import { createSealing } from "../../src/platform/ledger/sealing";
import { type Database, type DatabaseLimits, openDatabase } from "../../src/platform/database/open-database";

/** The key of every test ledger, so that several processes can share a database. */
export const TEST_LEDGER_KEY = Buffer.alloc(32, "test").toString("base64");

/** Epoch ms at which tests begin; the ledger never looks at a clock. */
export const T0 = 1_790_000_000_000;
export const LEASE_MS = 10_000;

export interface OpenLedger {
  readonly ledger: Ledger;
  readonly database: Database;
}

export function openLedger(
  url: string,
  limits: Partial<DatabaseLimits> = {},
  onSettled?: (operation: Operation) => void,
): OpenLedger {
  const database = openDatabase(url, limits);
  return { database, ledger: new Ledger(database, createSealing(TEST_LEDGER_KEY), onSettled) };
}

export async function migratedLedger(url: string, limits: Partial<DatabaseLimits> = {}): Promise<OpenLedger> {
  const opened = openLedger(url, limits);
  await opened.database.migrate(ledgerMigrations);
  return opened;
}

export function claimOf(claim: Partial<Claim> = {}): Claim {
  return {
    principal: "principal-1",
    idempotencyKey: "key-1",
    kind: "order.cancel",
    input: { reason: "none", items: [1, 2] },
    owner: "one",
    leaseMs: LEASE_MS,
    now: T0,
    ...claim,
  };
}

export function claimed(result: ClaimResult): { operation: Operation; lease: Lease } {
  if (result.outcome !== "claimed") throw new Error(`expected a claim, got ${result.outcome}`);
  return result;
}
