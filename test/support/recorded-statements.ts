import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type CompiledQuery, type Kysely, type KyselyPlugin } from "kysely";
import { type Database } from "../../src/platform/database/open-database";

/** Methods that begin a statement whose rows have to be found. */
const BEGINNINGS = ["selectFrom", "updateTable", "deleteFrom", "mergeInto"] as const;

export interface Recorder {
  /** The same database; what is executed through it is recorded. */
  readonly database: Database;
  /** Each text once, with the parameters of its first execution. */
  readonly statements: () => readonly CompiledQuery[];
  /** `file.ts:line` of the code that began each statement. */
  readonly places: () => ReadonlySet<string>;
}

/** Where the innermost frame in `src` is. */
function placeOf(stack: string): string | undefined {
  const [, file, line] = /\/src\/([\w/.-]+\.ts):(\d+):\d+/.exec(stack) ?? [];
  return file && `${basename(file)}:${line}`;
}

/** Records every statement of a store, and where in the code it was begun, in transactions too. */
export function recordStatements(database: Database): Recorder {
  const statements = new Map<string, CompiledQuery>();
  const places = new Set<string>();
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      const compiled = database.kysely.getExecutor().compileQuery(node, queryId);
      if (!statements.has(compiled.sql)) statements.set(compiled.sql, compiled);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  function watched<Tables>(kysely: Kysely<Tables>): Kysely<Tables> {
    return new Proxy(kysely, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]): unknown => {
          if ((BEGINNINGS as readonly unknown[]).includes(name)) {
            const place = placeOf(new Error().stack ?? "");
            if (place) places.add(place);
          }
          const result: unknown = Reflect.apply(member, target, args);
          if (name === "$extendTables" || name === "withPlugin") return watched(result as Kysely<unknown>);
          return name === "transaction" ? watchedTransaction(result as object) : result;
        };
      },
    });
  }
  function watchedTransaction(builder: object): object {
    return new Proxy(builder, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]): unknown => {
          const [work] = args;
          const inside =
            name === "execute" && typeof work === "function"
              ? [(transaction: Kysely<unknown>) => (work as (inner: unknown) => unknown)(watched(transaction))]
              : args;
          const result: unknown = Reflect.apply(member, target, inside);
          return name === "execute" ? result : watchedTransaction(result as object);
        };
      },
    });
  }
  return {
    database: { ...database, kysely: watched(database.kysely.withPlugin(plugin)) },
    statements: () => [...statements.values()],
    places: () => places,
  };
}

/** `file.ts:line` of every place in `src` where a statement is begun, migrations left out. */
export function placesInSource(): ReadonlySet<string> {
  const beginning = new RegExp(`\\.(${BEGINNINGS.join("|")})\\(`);
  const root = join(__dirname, "../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const ours = files.filter((file) => file.endsWith(".ts") && !/(^|-)migrat/.test(basename(file)));
  return new Set(
    ours.flatMap((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .flatMap((line, index) => (beginning.test(line) ? [`${basename(file)}:${index + 1}`] : [])),
    ),
  );
}
