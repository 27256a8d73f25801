import { SubgraphError } from "../../errors/subgraph-error";
import { type Limits } from "./derive-limits";

/** For each limit: the variable that sets it, and the rule that a client reads. `max` is the limit's value. */
const RULES: Readonly<Record<keyof Limits, readonly [variable: string, rule: (max: number) => string]>> = {
  characters: [
    "LIMIT_TOKENS",
    (max) => `the document, and each object in the variables, must not have more than ${max} characters`,
  ],
  lines: ["LIMIT_TOKENS", (max) => `the document must not have more than ${max} lines`],
  tokens: ["LIMIT_TOKENS", (max) => `the document must not have more than ${max} tokens`],
  depth: ["LIMIT_DEPTH", (max) => `the document must not nest fields more than ${max} levels deep`],
  fields: [
    "LIMIT_FIELDS",
    (max) =>
      `the document must not have more than ${max} fields and fragments, each counted in every place where it is used`,
  ],
  repeats: [
    "LIMIT_FIELDS",
    (max) => `the document must not select the same response name more than ${max} times in one place`,
  ],
  aliases: ["LIMIT_ALIASES", (max) => `the document must not have more than ${max} aliases`],
  fragments: ["LIMIT_FIELDS", (max) => `the document must not define more than ${max} fragments`],
  directives: ["LIMIT_FIELDS", (max) => `the document must not have more than ${max} directives`],
  variables: [
    "LIMIT_FIELDS",
    (max) =>
      `the request must not have more than ${max} variables, and an object in them must not have more than ${max} values`,
  ],
  inputValues: ["LIMIT_COST", (max) => `the variables must not have more than ${max} values`],
  inputDepth: ["LIMIT_DEPTH", (max) => `the variables must not be more than ${max} levels deep`],
  representations: [
    "LIMIT_REPRESENTATIONS",
    (max) => `the request must not have more than ${max} different representations`,
  ],
  cost: [
    "LIMIT_COST",
    (max) => `the request must not cost more than ${max} fields and input values, counted once for each representation`,
  ],
  providerCalls: ["LIMIT_PROVIDER_CALLS", (max) => `the request must not need more than ${max} provider calls`],
};

/** The request-level error for a request over one of its limits. Names the variable that sets the limit. */
export function createLimitError(limits: Limits, name: keyof Limits): SubgraphError {
  const [variable, rule] = RULES[name];
  return new SubgraphError("LIMIT_EXCEEDED", { message: `The request exceeds ${variable}: ${rule(limits[name])}.` });
}
