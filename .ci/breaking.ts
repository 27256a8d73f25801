// Compares the schema in the work tree with that of the last commit, or of the commit that the command names. Fails if a change breaks
// clients, routers or other subgraphs, unless schema/accepted-breaking-changes.json lists it with a reason.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Git, SCHEMA_FILES, findSchemaBase } from "./schema-base";
import { breakingChanges } from "./schema-changes";

interface AcceptedChange {
  /** The sentence that this check prints. */
  readonly change: string;
  readonly because: string;
}

const git: Git = (...args) => {
  const { status, stdout } = spawnSync("git", args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
};

const base = process.argv[2] ?? findSchemaBase(git);
const [api, subgraph] = base === undefined ? [] : SCHEMA_FILES.map((file) => git("show", `${base}:${file}`));
if (base === undefined || api === undefined || subgraph === undefined) {
  console.log(
    `not checked: git knows no earlier schema here (${base ?? "no repository, or too little of its history"})`,
  );
} else {
  const [apiNow = "", subgraphNow = ""] = SCHEMA_FILES.map((file) => readFileSync(file, "utf8"));
  const accepted = JSON.parse(
    readFileSync("schema/accepted-breaking-changes.json", "utf8"),
  ) as readonly AcceptedChange[];
  const changes = breakingChanges({ api, subgraph }, { api: apiNow, subgraph: subgraphNow });
  const unaccepted = changes.filter((change) => !accepted.some((one) => one.change === change && one.because !== ""));
  console.log(`compared with ${base.slice(0, 12)}: ${changes.length} breaking, ${unaccepted.length} not accepted`);
  for (const change of unaccepted) console.error(change);
  process.exitCode = unaccepted.length > 0 ? 1 : 0;
}
