import { type Config } from "./config";
import { type Limits } from "./platform/limits/limit.errors";

/** What one GraphQL request is held to, from its variables. */
export function limitsOf(config: Config): Limits {
  return {
    characters: config.LIMIT_CHARACTERS,
    lines: config.LIMIT_LINES,
    tokens: config.LIMIT_TOKENS,
    depth: config.LIMIT_DEPTH,
    fields: config.LIMIT_FIELDS,
    repeats: config.LIMIT_REPEATS,
    aliases: config.LIMIT_ALIASES,
    fragments: config.LIMIT_FRAGMENTS,
    directives: config.LIMIT_DIRECTIVES,
    variables: config.LIMIT_VARIABLES,
    inputValues: config.LIMIT_INPUT_VALUES,
    inputDepth: config.LIMIT_INPUT_DEPTH,
    representations: config.LIMIT_REPRESENTATIONS,
    cost: config.LIMIT_COST,
    providerCalls: config.LIMIT_PROVIDER_CALLS,
  };
}

/** How the memory of documents is shared out: those that are kept because they were seen twice, and those of open subscriptions. */
export function documentBytes({ LIMIT_DOCUMENT_CACHE_BYTES: all }: Config) {
  const subscriptions = Math.floor(all / 4);
  return { cache: all - subscriptions, subscriptions };
}
