import { PROVIDERS } from "../app/providers";
import { ConfigError } from "./config.errors";
import { findContradictions, findIneffectiveLimits, findShortWindows } from "./contradictions";
import { type ConfigGroups, Environment, toConfigGroups } from "./environment";
import { findIncompleteTls } from "./incomplete-tls";
import { findLiveProblems, findLiveWarnings, findSandboxProblems, listRemoteProviders } from "./modes";
import { findFoldedVariables, findRenamedVariables } from "./retired-variables";
import { getSandboxDefaults } from "./sandbox-defaults";
import { type RawEnvironment } from "./variable";

/** The checked configuration, in groups. `createApp` hands each part only the groups that it needs. */
export type Config = ConfigGroups & {
  readonly isSandbox: boolean;
  /** In live mode, and in sandbox mode with a provider at another host: stored data may be that of real members. */
  readonly mayCallRealProviders: boolean;
  /** Logged at start, one line each. */
  readonly warnings: readonly string[];
};

function addSandboxDefaults(environment: RawEnvironment): RawEnvironment {
  const providerDefaults = Object.values(PROVIDERS).map(({ sandboxDefaults }) => sandboxDefaults(environment));
  return Object.assign({}, getSandboxDefaults(environment), ...providerDefaults, environment) as RawEnvironment;
}

/** Text that was read from a file often ends with a line break, which no credential, claim or URL has. */
function hasSurroundingWhitespace(text: string | undefined): boolean {
  return text !== undefined && (text !== text.trim() || /[\r\n]/.test(text));
}

/** Problems of single variables, at most one each. */
function findInvalidVariables(environment: RawEnvironment, { error }: ReturnType<typeof Environment.safeParse>) {
  const untrimmed = Object.keys(Environment.shape).filter((name) => hasSurroundingWhitespace(environment[name]));
  const problems = untrimmed.map((name) => `${name}: must not begin or end with white space, or contain a line break`);
  for (const { path, message, code } of error?.issues ?? []) {
    const name = String(path[0]);
    if (untrimmed.includes(name)) continue;
    const isMissing = code === "invalid_type" && environment[name] === undefined;
    problems.push(`${name}: ${isMissing ? "is required when PROVIDERS=live" : message}`);
  }
  return problems;
}

/** Reads and checks the whole environment. Throws one `ConfigError` that lists every problem. */
export function loadConfig(processEnvironment: RawEnvironment = process.env): Config {
  const environment = Object.fromEntries(
    Object.entries(processEnvironment).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const isLive = environment["PROVIDERS"] === "live";
  const parsed = Environment.safeParse(isLive ? environment : addSandboxDefaults(environment));
  const problems = [
    ...findRenamedVariables(environment),
    ...findInvalidVariables(environment, parsed),
    ...(isLive ? findLiveProblems(environment) : findSandboxProblems(environment)),
    ...findIncompleteTls(environment),
  ];
  if (!parsed.success) throw new ConfigError(problems);
  const groups = toConfigGroups(parsed.data);
  problems.push(...findContradictions(groups));
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...groups,
    isSandbox: !isLive,
    mayCallRealProviders: isLive || listRemoteProviders(environment).length > 0,
    warnings: [
      ...(isLive ? findLiveWarnings(environment) : []),
      ...findFoldedVariables(environment),
      ...findIneffectiveLimits(groups),
      ...findShortWindows(groups),
    ],
  };
}
