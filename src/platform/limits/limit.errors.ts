import { SubgraphError } from "../errors/subgraph-error";

/** What a client reads for each limit of a request; `most` is the variable's value. */
const RULES = {
  characters: (most: number) =>
    `The document may have at most ${most} characters, and an object in the variables as many.`,
  lines: (most: number) => `The document may have at most ${most} lines.`,
  tokens: (most: number) => `The document may have at most ${most} tokens.`,
  depth: (most: number) => `The document may be at most ${most} fields deep.`,
  fields: (most: number) =>
    `The document may have at most ${most} fields and fragments, each counted wherever it is used.`,
  repeats: (most: number) => `The document may select one name at most ${most} times in one place.`,
  aliases: (most: number) => `The document may have at most ${most} aliases.`,
  fragments: (most: number) => `The document may define at most ${most} fragments.`,
  directives: (most: number) => `The document may have at most ${most} directives.`,
  variables: (most: number) => `The request may have at most ${most} variables, and an object in them as many values.`,
  inputValues: (most: number) => `The variables may hold at most ${most} values.`,
  inputDepth: (most: number) => `The variables may be at most ${most} levels deep.`,
  representations: (most: number) => `The request may have at most ${most} different representations.`,
  cost: (most: number) =>
    `The request may cost at most ${most} fields and input values, counted once for each representation.`,
  providerCalls: (most: number) => `The request may cost at most ${most} provider calls.`,
} as const;

/** Every limit that a GraphQL request is held to, by name. */
export type Limits = Readonly<Record<keyof typeof RULES, number>>;

/** The refusal of a request that is over one of its limits. */
export function overLimit(limits: Limits, rule: keyof Limits): SubgraphError {
  return new SubgraphError("LIMIT_EXCEEDED", { message: RULES[rule](limits[rule]) });
}
