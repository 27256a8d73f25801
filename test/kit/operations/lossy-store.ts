import { type KyselyPlugin, type PluginTransformQueryArgs, type QueryId } from "kysely";
import { DatabaseUnavailable } from "../../../src/platform/database/database.errors";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { type OperationObserver } from "../../../src/platform/operations/operation-observer";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { type Databases } from "../start/databases";
import { createMigratedStore, openOperationStore, type OpenStore, TEST_ENCRYPTION_KEY } from "./test-store";
import { startPostgresProxy, type Loss } from "../network/postgres-proxy";

/** The statements that can be lost, each by a text that occurs only in it. `#` is a parameter. */
const STATEMENT_TEXTS = {
  insert: 'insert into "operation"',
  delete: 'delete from "operation"',
  mark: '"sent_at" = coalesce(',
  hold: 'set "exclusive_on" = #',
  settle: '"settled_at" = #',
  release: '"sent_at" = #',
  unconfirmed: '"unconfirmed_since" = ',
  park: '"previous_status" = "status", "next_attempt_at" = ',
} as const;
export type Statement = keyof typeof STATEMENT_TEXTS;

/** An operation store that loses statements on demand, and the same store over a connection that loses none. */
export interface LossyStore {
  readonly lossy: OpenStore;
  readonly direct: OpenStore;
  /** Ids of the operations that `lossy` reported as settled. */
  readonly settled: readonly string[];
  /** Changes of status that `lossy` reported, as `PENDING UNCONFIRMED`. */
  readonly changes: readonly string[];
  /** Loses the next such statement (`request`) or its response (`answer`); with `refuse`, later connections fail. */
  loseNext(loss: Loss, statement: Statement, afterwards: "behave" | "refuse"): void;
  restore(): void;
  lossCount(): number;
  close(): Promise<void>;
}

export async function openLossyStore(databases: Databases, dialect: "sqlite" | "postgres"): Promise<LossyStore> {
  const url = await databases.createDatabase(dialect);
  const direct = await createMigratedStore(url);
  const settled: string[] = [];
  const changes: string[] = [];
  const observer: OperationObserver = {
    onSettled: ({ id }) => void settled.push(id),
    onStatusChanged: ({ status }, from) => void changes.push(`${from} ${status}`),
  };
  const lossySide = dialect === "postgres" ? await openOverNetwork(url, observer) : openInProcess(url, observer);
  return {
    ...lossySide,
    settled,
    changes,
    direct,
    async close() {
      await lossySide.lossy.database.close();
      await direct.database.close();
      await lossySide.end();
    },
  };
}

async function openOverNetwork(url: string, observer: OperationObserver) {
  const proxy = await startPostgresProxy(url);
  return {
    lossy: openOperationStore(proxy.url, {}, observer),
    loseNext: (loss: Loss, statement: Statement, afterwards: "behave" | "refuse") => {
      proxy.loseNext(loss, STATEMENT_TEXTS[statement].replace("#", "$"), afterwards);
    },
    restore: () => {
      proxy.restore();
    },
    lossCount: () => proxy.lossCount(),
    end: () => proxy.close(),
  };
}

/** SQLite runs within the process: a result is lost between the driver and the store, as after an input/output error. */
function openInProcess(url: string, observer: OperationObserver) {
  const { database } = openOperationStore(url);
  const targeted = new WeakSet<QueryId>();
  const compileText = ({ node, queryId }: PluginTransformQueryArgs): string =>
    database.kysely.getExecutor().compileQuery(node, queryId).sql;
  let plan: { loss: Loss; statement: Statement; afterwards: "behave" | "refuse" } | undefined;
  let isRejecting = false;
  let lossCount = 0;
  function loseNow(): never {
    isRejecting = plan?.afterwards === "refuse";
    plan = undefined;
    lossCount += 1;
    throw new DatabaseUnavailable(true, new Error("lost"));
  }
  const plugin: KyselyPlugin = {
    transformQuery(args) {
      const { node, queryId } = args;
      if (isRejecting) throw new DatabaseUnavailable(false, new Error("refused"));
      if (plan && compileText(args).includes(STATEMENT_TEXTS[plan.statement].replace("#", "?"))) {
        if (plan.loss === "request") loseNow();
        targeted.add(queryId);
      }
      return node;
    },
    transformResult({ queryId, result }) {
      if (plan && targeted.has(queryId)) loseNow();
      return Promise.resolve(result);
    },
  };
  const lossyDatabase = { ...database, kysely: database.kysely.withPlugin(plugin) };
  return {
    lossy: {
      database: lossyDatabase,
      store: new OperationStore(lossyDatabase, createEncryption(TEST_ENCRYPTION_KEY), observer),
    },
    loseNext: (loss: Loss, statement: Statement, afterwards: "behave" | "refuse") => {
      plan = { loss, statement, afterwards };
    },
    restore: () => {
      isRejecting = false;
    },
    lossCount: () => lossCount,
    end: () => Promise.resolve(),
  };
}
