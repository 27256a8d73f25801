import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type CompiledQuery, type Kysely, type KyselyPlugin } from "kysely";
import { type Database } from "../../../src/platform/database/open-database";

/** Methods that begin a statement whose rows have to be found. */
const STATEMENT_METHODS = ["selectFrom", "updateTable", "deleteFrom", "mergeInto"] as const;

export interface StatementRecorder {
  /** The same database; what is executed through it is recorded. */
  readonly database: Database;
  /** Each text once, with the parameters of its first execution. */
  readonly statements: () => readonly CompiledQuery[];
  /** `file.ts:line` of the code that began each statement. */
  readonly callSites: () => ReadonlySet<string>;
}

/** Where the innermost frame in `src` is. */
function findCallSite(stack: string): string | undefined {
  const [, file, line] = /\/src\/([\w/.-]+\.ts):(\d+):\d+/.exec(stack) ?? [];
  return file && `${basename(file)}:${line}`;
}

/** Records every statement of a store, and where in the code it was begun, in transactions too. */
export function recordStatements(database: Database): StatementRecorder {
  const statements = new Map<string, CompiledQuery>();
  const callSites = new Set<string>();
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      const compiled = database.kysely.getExecutor().compileQuery(node, queryId);
      if (!statements.has(compiled.sql)) statements.set(compiled.sql, compiled);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  function recordKysely<Tables>(kysely: Kysely<Tables>): Kysely<Tables> {
    return new Proxy(kysely, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]): unknown => {
          if ((STATEMENT_METHODS as readonly unknown[]).includes(name)) {
            const callSite = findCallSite(new Error().stack ?? "");
            if (callSite) callSites.add(callSite);
          }
          const result: unknown = Reflect.apply(member, target, args);
          if (name === "$extendTables" || name === "withPlugin") return recordKysely(result as Kysely<unknown>);
          return name === "transaction" ? recordTransaction(result as object) : result;
        };
      },
    });
  }
  function recordTransaction(builder: object): object {
    return new Proxy(builder, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]): unknown => {
          const [callback] = args;
          const inside =
            name === "execute" && typeof callback === "function"
              ? [(transaction: Kysely<unknown>) => (callback as (inner: unknown) => unknown)(recordKysely(transaction))]
              : args;
          const result: unknown = Reflect.apply(member, target, inside);
          return name === "execute" ? result : recordTransaction(result as object);
        };
      },
    });
  }
  return {
    database: { ...database, kysely: recordKysely(database.kysely.withPlugin(plugin)) },
    statements: () => [...statements.values()],
    callSites: () => callSites,
  };
}

/** `file.ts:line` of every place in `src` where a statement is begun, migrations left out. */
export function findCallSitesInSource(): ReadonlySet<string> {
  const statementPattern = new RegExp(`\\.(${STATEMENT_METHODS.join("|")})\\(`);
  const root = join(__dirname, "../../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const sourceFiles = files.filter((file) => file.endsWith(".ts") && !/(^|-)migrat/.test(basename(file)));
  return new Set(
    sourceFiles.flatMap((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .flatMap((line, index) => (statementPattern.test(line) ? [`${basename(file)}:${index + 1}`] : [])),
    ),
  );
}
