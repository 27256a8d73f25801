import { Client } from "pg";

/** The settings with which transactions committed, each with the table that was written. */
export interface CommitSettings {
  /** Records commits that write to these tables, from now on. */
  watch(tables: readonly string[]): Promise<void>;
  /** What was recorded since the last call, sorted and without duplicates. */
  read(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/**
 * Makes PostgreSQL itself record `synchronous_commit` as it is when a transaction commits: by deferred triggers for rows, which
 * run at the commit, and by an event trigger for the schema.
 */
export async function recordCommitSettings(url: string): Promise<CommitSettings> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`
    create table commit_setting (place bigserial, what text, setting text);
    create function record_rows() returns trigger language plpgsql as $$ begin
      insert into commit_setting (what, setting) values (tg_table_name, current_setting('synchronous_commit'));
      return null; end $$;
    create function record_schema() returns event_trigger language plpgsql as $$ begin
      insert into commit_setting (what, setting) values ('schema', current_setting('synchronous_commit')); end $$;
    create event trigger record_schema on ddl_command_end execute function record_schema()`);
  return {
    async watch(tables) {
      for (const table of tables) {
        await client.query(`create constraint trigger record after insert or update or delete on ${table}
          deferrable initially deferred for each row execute function record_rows()`);
      }
      await client.query("delete from commit_setting");
    },
    async read() {
      const { rows } = await client.query<{ what: string; setting: string }>(
        "with seen as (delete from commit_setting returning what, setting) select distinct what, setting from seen order by 1, 2",
      );
      return rows.map(({ what, setting }) => `${what} ${setting}`);
    },
    stop: () => client.end(),
  };
}

/** Sets a database's default, for connections that are opened afterwards. */
export async function alterDatabase(url: string, setting: string): Promise<void> {
  const other = new URL(url);
  const name = other.pathname.slice(1);
  other.pathname = "/postgres"; // the database itself may be read-only
  const client = new Client({ connectionString: other.href });
  await client.connect();
  await client.query(`alter database ${name} ${setting}`);
  await client.end();
}
