import { type KyselyPlugin, type PluginTransformQueryArgs, type QueryId } from "kysely";
import { DatabaseUnavailable } from "../../src/platform/database/database.errors";
import { Ledger } from "../../src/platform/ledger/ledger.store";
import { type Operation } from "../../src/platform/ledger/operation.type";
import { createSealing } from "../../src/platform/ledger/sealing";
import { type Databases } from "./databases";
import { migratedLedger, openLedger, type OpenLedger, TEST_LEDGER_KEY } from "./ledgers";
import { createPostgresProxy, type Loss } from "./postgres-proxy";

/** The statements that can be lost, by a text that no other one has. `#` is a parameter. */
const TEXTS = {
  insert: 'insert into "operation"',
  delete: 'delete from "operation"',
  mark: '"sent_at" = coalesce(',
  hold: 'set "exclusive_on" = #',
  settle: '"settled_at" = #',
  release: '"sent_at" = #',
  unconfirmed: '"unconfirmed_since" = ',
} as const;
export type Statement = keyof typeof TEXTS;

/** A ledger whose statements get lost on demand, and the same ledger over a way that loses nothing. */
export interface LossyLedger {
  readonly lossy: OpenLedger;
  readonly direct: OpenLedger;
  /** Ids of the operations of whose settlement `lossy` told. */
  readonly settled: readonly string[];
  /** Loses the next statement of that kind, or its answer; with `refuse` the database cannot be reached from then on. */
  lose(loss: Loss, statement: Statement, afterwards: "behave" | "refuse"): void;
  behave(): void;
  losses(): number;
  close(): Promise<void>;
}

type OnSettled = (operation: Operation) => void;

export async function openLossyLedger(databases: Databases, dialect: "sqlite" | "postgres"): Promise<LossyLedger> {
  const url = await databases.fresh(dialect);
  const direct = await migratedLedger(url);
  const settled: string[] = [];
  const onSettled = ({ id }: Operation) => void settled.push(id);
  const loser = dialect === "postgres" ? await overNetwork(url, onSettled) : inProcess(url, onSettled);
  return {
    ...loser,
    settled,
    direct,
    async close() {
      await loser.lossy.database.close();
      await direct.database.close();
      await loser.end();
    },
  };
}

async function overNetwork(url: string, onSettled: OnSettled) {
  const proxy = await createPostgresProxy(url);
  return {
    lossy: openLedger(proxy.url, {}, onSettled),
    lose: (loss: Loss, statement: Statement, afterwards: "behave" | "refuse") => {
      proxy.lose(loss, TEXTS[statement].replace("#", "$"), afterwards);
    },
    behave: () => {
      proxy.behave();
    },
    losses: () => proxy.losses(),
    end: () => proxy.close(),
  };
}

/** SQLite answers within the process: here an answer is lost between the driver and the store, as after an input/output error. */
function inProcess(url: string, onSettled: OnSettled) {
  const { database } = openLedger(url);
  const meant = new WeakSet<QueryId>();
  const textOf = ({ node, queryId }: PluginTransformQueryArgs): string =>
    database.kysely.getExecutor().compileQuery(node, queryId).sql;
  let plan: { loss: Loss; statement: Statement; afterwards: "behave" | "refuse" } | undefined;
  let isRefusing = false;
  let losses = 0;
  function carryOut(): never {
    isRefusing = plan?.afterwards === "refuse";
    plan = undefined;
    losses += 1;
    throw new DatabaseUnavailable(true, new Error("lost"));
  }
  const plugin: KyselyPlugin = {
    transformQuery(args) {
      const { node, queryId } = args;
      if (isRefusing) throw new DatabaseUnavailable(false, new Error("refused"));
      if (plan && textOf(args).includes(TEXTS[plan.statement].replace("#", "?"))) {
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
    lossy: { database: lossyDatabase, ledger: new Ledger(lossyDatabase, createSealing(TEST_LEDGER_KEY), onSettled) },
    lose: (loss: Loss, statement: Statement, afterwards: "behave" | "refuse") => {
      plan = { loss, statement, afterwards };
    },
    behave: () => {
      isRefusing = false;
    },
    losses: () => losses,
    end: () => Promise.resolve(),
  };
}
