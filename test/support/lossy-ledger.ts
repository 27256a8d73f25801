import { type KyselyPlugin, type QueryId } from "kysely";
import { DatabaseUnavailable } from "../../src/platform/database/database.errors";
import { Ledger } from "../../src/platform/ledger/ledger.store";
import { createSealing } from "../../src/platform/ledger/sealing";
import { type Databases } from "./databases";
import { migratedLedger, openLedger, type OpenLedger, TEST_LEDGER_KEY } from "./ledgers";
import { createPostgresProxy, type Loss } from "./postgres-proxy";

/** A ledger whose statements get lost on demand, and the same ledger over a way that loses nothing. */
export interface LossyLedger {
  readonly lossy: OpenLedger;
  readonly direct: OpenLedger;
  /** Loses the next statement of that kind, or its answer; with `refuse` the database cannot be reached from then on. */
  lose(loss: Loss, statement: "insert" | "delete", afterwards: "behave" | "refuse"): void;
  behave(): void;
  losses(): number;
  close(): Promise<void>;
}

export async function openLossyLedger(databases: Databases, dialect: "sqlite" | "postgres"): Promise<LossyLedger> {
  const url = await databases.fresh(dialect);
  const direct = await migratedLedger(url);
  const loser = dialect === "postgres" ? await overNetwork(url) : inProcess(url);
  return {
    ...loser,
    direct,
    async close() {
      await loser.lossy.database.close();
      await direct.database.close();
      await loser.end();
    },
  };
}

async function overNetwork(url: string) {
  const proxy = await createPostgresProxy(url);
  return {
    lossy: openLedger(proxy.url),
    lose: (loss: Loss, statement: "insert" | "delete", afterwards: "behave" | "refuse") => {
      proxy.lose(loss, statement === "insert" ? 'insert into "operation"' : 'delete from "operation"', afterwards);
    },
    behave: () => {
      proxy.behave();
    },
    losses: () => proxy.losses(),
    end: () => proxy.close(),
  };
}

/** SQLite answers within the process: here an answer is lost between the driver and the store, as after an input/output error. */
function inProcess(url: string) {
  const { database } = openLedger(url);
  const meant = new WeakSet<QueryId>();
  const kinds = { insert: "InsertQueryNode", delete: "DeleteQueryNode" } as const;
  let plan: { loss: Loss; statement: "insert" | "delete"; afterwards: "behave" | "refuse" } | undefined;
  let isRefusing = false;
  let losses = 0;
  function carryOut(): never {
    isRefusing = plan?.afterwards === "refuse";
    plan = undefined;
    losses += 1;
    throw new DatabaseUnavailable(true, new Error("lost"));
  }
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (isRefusing) throw new DatabaseUnavailable(false, new Error("refused"));
      if (plan && node.kind === kinds[plan.statement]) {
        if (plan.loss === "request") carryOut();
        meant.add(queryId);
      }
      return node;
    },
    transformResult({ queryId, result }) {
      if (plan && meant.has(queryId)) carryOut();
      return Promise.resolve(result);
    },
  };
  const lossyDatabase = { ...database, kysely: database.kysely.withPlugin(plugin) };
  return {
    lossy: { database: lossyDatabase, ledger: new Ledger(lossyDatabase, createSealing(TEST_LEDGER_KEY)) },
    lose: (loss: Loss, statement: "insert" | "delete", afterwards: "behave" | "refuse") => {
      plan = { loss, statement, afterwards };
    },
    behave: () => {
      isRefusing = false;
    },
    losses: () => losses,
    end: () => Promise.resolve(),
  };
}
