import { type FoundRouter } from "../../.ci/routers.mjs";
import { type RouterKind, ROUTERS } from "../federation/routers/routers";
import { describeBinary } from "./router-binary";

export interface RouterProgram extends RouterKind {
  readonly program: string;
  /** Its version, and what is known of how it was built. */
  readonly description: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** No file shows its optimization level: whoever knows it sets the variable. */
function describeProgram(router: FoundRouter, program: string, environment: Environment): string {
  const { title, buildVariable = "", version = "" } = router;
  const build = environment[buildVariable];
  const level = build ? `said to be built with ${build}` : `as found; ${buildVariable} can say how it was built`;
  return `${title} ${version} (${describeBinary(program)}, ${level})`;
}

/** The routers that are found, and lines about those that are not run; throws if one that a variable names cannot be run. */
export function chooseRouterPrograms(found: readonly FoundRouter[], environment: Environment) {
  const missing = found.filter(({ path }) => path === undefined);
  const named = missing.filter(({ variable }) => environment[variable]);
  if (named.length > 0) throw new Error(named.map(({ title, reason }) => `${title}: ${reason ?? ""}`).join("\n"));
  const programs = ROUTERS.flatMap((kind): RouterProgram[] => {
    const router = found.find(({ title }) => title === kind.title);
    if (router?.path === undefined) return [];
    return [{ ...kind, program: router.path, description: describeProgram(router, router.path, environment) }];
  });
  return { programs, notRun: missing.map(({ title, reason }) => `${title} (${reason ?? ""})`) };
}
