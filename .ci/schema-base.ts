/** Runs git and returns its output; undefined if it fails or is not installed. */
export type Git = (...args: string[]) => string | undefined;

export const SCHEMA_FILES = ["schema/api.graphql", "schema/subgraph.graphql"] as const;

/**
 * The commit to compare the schema in the work tree with: the last one or, if the change is committed, the one before the last
 * change of the schema. Undefined if the history is too short: no repository, a shallow one, the first commit.
 */
export function findSchemaBase(git: Git): string | undefined {
  const uncommitted = git("status", "--porcelain", "--", ...SCHEMA_FILES);
  if (uncommitted !== "") return uncommitted && git("rev-parse", "--verify", "HEAD");
  const changed = git("log", "-1", "--format=%H", "--", ...SCHEMA_FILES);
  return changed && git("rev-parse", "--verify", "--quiet", `${changed}^`);
}
