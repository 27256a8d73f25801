/** The limits of a GraphQL request that an operator sets: one variable each. */
export interface RequestLimits {
  readonly tokens: number;
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly representations: number;
  readonly cost: number;
  readonly providerCalls: number;
}

/** 65,536 characters for 5000 tokens, the default. A long string is one token, and a comment is none. */
const CHARACTERS = { count: 65_536, tokens: 5000 } as const;

/** A formatted document has up to one line for each token, and the standard introspection query has 109. */
const ORDINARY_LINES = 500;
const TOKENS_PER_LINE = 10;

/** Directives are evaluated for every item of a list, and graphql-js reports each error in them separately. */
const FIELDS_PER_DIRECTIVE = 20;

/** Pairs that validation compares, or that an error message repeats, for each field of `LIMIT_FIELDS`. */
const REPEATED_FIELD_PAIRS_PER_FIELD = 2.5;
const PAIRS_PER_FIELD = 10;

/** The largest count whose square stays within so many pairs for each field. */
const countWithinPairs = (fields: number, pairsPerField: number) => Math.ceil(Math.sqrt(fields * pairsPerField));

/**
 * Adds the limits that follow from those of the operator. The work that a document causes grows with the square of some
 * counts, so their limits grow with the square root: raising `LIMIT_FIELDS` raises the work only in proportion.
 * The comments give the values for the default limits.
 */
export function deriveLimits(limits: RequestLimits) {
  const { tokens, depth, fields, cost } = limits;
  return {
    ...limits,
    /** 65,536: UTF-16 code units of a document, and of the JSON of an object in the variables. */
    characters: Math.ceil((tokens * CHARACTERS.count) / CHARACTERS.tokens),
    /** 500: lines of a document. */
    lines: Math.min(tokens, Math.max(ORDINARY_LINES, Math.floor(tokens / TOKENS_PER_LINE))),
    /** 50: selections with one response name in one place. Validation compares them in pairs. */
    repeats: countWithinPairs(fields, REPEATED_FIELD_PAIRS_PER_FIELD),
    /** 100: fragment definitions. Validation compares them in pairs. */
    fragments: countWithinPairs(fields, PAIRS_PER_FIELD),
    /** 50: directives of a document. */
    directives: Math.ceil(fields / FIELDS_PER_DIRECTIVE),
    /**
     * 100: variables of a request, variable definitions of a document, and values in an object in the variables: graphql-js
     * repeats the object in the message of each error in it.
     */
    variables: countWithinPairs(fields, PAIRS_PER_FIELD),
    /** 20,000: values in the variables of a request, lists and objects included. */
    inputValues: cost,
    /** 16: levels of lists and objects in the variables. */
    inputDepth: depth,
  } as const;
}

/** Every limit that the guard enforces. */
export type Limits = ReturnType<typeof deriveLimits>;
