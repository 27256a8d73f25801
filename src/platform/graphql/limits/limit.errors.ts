import { SubgraphError } from "../../errors/subgraph-error";

/** What a client reads for each limit of a request; `most` is the variable's value. */
const MESSAGES = {
  characters: (max: number) =>
    `The document may have at most ${max} characters, and an object in the variables as many.`,
  lines: (max: number) => `The document may have at most ${max} lines.`,
  tokens: (max: number) => `The document may have at most ${max} tokens.`,
  depth: (max: number) => `The document may be at most ${max} fields deep.`,
  fields: (max: number) =>
    `The document may have at most ${max} fields and fragments, each counted wherever it is used.`,
  repeats: (max: number) => `The document may select one name at most ${max} times in one place.`,
  aliases: (max: number) => `The document may have at most ${max} aliases.`,
  fragments: (max: number) => `The document may define at most ${max} fragments.`,
  directives: (max: number) => `The document may have at most ${max} directives.`,
  variables: (max: number) => `The request may have at most ${max} variables, and an object in them as many values.`,
  inputValues: (max: number) => `The variables may hold at most ${max} values.`,
  inputDepth: (max: number) => `The variables may be at most ${max} levels deep.`,
  representations: (max: number) => `The request may have at most ${max} different representations.`,
  cost: (max: number) =>
    `The request may cost at most ${max} fields and input values, counted once for each representation.`,
  providerCalls: (max: number) => `The request may cost at most ${max} provider calls.`,
} as const;

/** Every limit that a GraphQL request is held to, by name. */
export type Limits = Readonly<Record<keyof typeof MESSAGES, number>>;

/** The refusal of a request that is over one of its limits. */
export function createLimitError(limits: Limits, name: keyof Limits): SubgraphError {
  return new SubgraphError("LIMIT_EXCEEDED", { message: MESSAGES[name](limits[name]) });
}
