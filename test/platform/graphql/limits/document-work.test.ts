import { type DocumentNode, Lexer } from "graphql";
import { loadConfig } from "../../../../src/config/index";
import { deriveLimits } from "../../../../src/platform/graphql/limits/derive-limits";
import type * as parsing from "../../../../src/platform/graphql/limits/parse-document";
import { createRequestGuard } from "../../../../src/platform/graphql/limits/request-guard";
import { COSTLY_DOCUMENTS, ORDINARY_DOCUMENTS } from "../../../kit/security/costly-documents";

let steps = 0;
const proxies = new WeakMap<object, object>();

/** The same value; reading a member of it, at any depth, is a step. */
function counted<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  const proxy =
    proxies.get(value) ??
    new Proxy(value, {
      get(target, name) {
        steps += 1;
        return counted(Reflect.get(target, name) as unknown);
      },
    });
  proxies.set(value, proxy);
  return proxy as Value;
}

jest.mock("../../../../src/platform/graphql/limits/parse-document", () => {
  const actual = jest.requireActual<typeof parsing>("../../../../src/platform/graphql/limits/parse-document");
  return {
    ...actual,
    parseDocument(text: string) {
      const parsed = actual.parseDocument(text);
      return { ...parsed, document: counted<DocumentNode>(parsed.document) };
    },
  };
});

/** The limit that rejects a document; the others are within the limits. */
const REJECTED_BY: Readonly<Record<string, string>> = {
  "2,250 uses of one variable in a fragment used 450 times": "LIMIT_COST",
  "2,250 undefined variables in a fragment used 450 times": "LIMIT_COST",
  "4,500 literals in a fragment used 450 times": "LIMIT_COST",
  "4,500 literals in a fragment used 450 times below one root field": "LIMIT_COST",
  "100 variables for each of 100 representations, 15 times": "LIMIT_COST",
  "4,000 literals in each of 190 fields of no representation": "LIMIT_TOKENS",
  "201 aliases and 4,000 literals": "LIMIT_ALIASES",
};
const STEPS_PER_COST = 10;

afterEach(() => {
  jest.restoreAllMocks();
});

/** Steps of the guard for a document that it has not seen: members of nodes read, tokens, and entries of maps written. */
function analyze(text: string, environment: Readonly<Record<string, string>> = {}) {
  const limits = deriveLimits(loadConfig(environment).limits.documents);
  const guard = createRequestGuard({ limits, listFields: new Set(["items"]), cacheBytes: 2 ** 24 });
  const tokens = jest.spyOn(Lexer.prototype, "advance");
  const entries = jest.spyOn(Map.prototype, "set");
  steps = 0;
  const result = guard({ query: text });
  steps += tokens.mock.calls.length + entries.mock.calls.length;
  return { limits, result, tokens: tokens.mock.calls.length, steps };
}

describe("the request guard analyzes a document in steps proportional to its limits, before it rejects or accepts it:", () => {
  test.each(Object.entries({ ...COSTLY_DOCUMENTS, ...ORDINARY_DOCUMENTS }))("%s", (name, text) => {
    const byDefault = analyze(text);
    const limit = REJECTED_BY[name];
    if (limit === undefined) expect(byDefault.result).not.toBeInstanceOf(Error);
    else expect(byDefault.result).toMatchObject({ message: expect.stringContaining(`exceeds ${limit}:`) });
    expect(byDefault.tokens).toBeLessThanOrEqual(2 * (byDefault.limits.tokens + 1)); // scanned, then parsed
    expect(byDefault.steps).toBeLessThan(STEPS_PER_COST * byDefault.limits.cost);
    jest.restoreAllMocks();

    const halved = analyze(text, { LIMIT_COST: `${byDefault.limits.cost / 2}` });
    expect(halved.steps).toBeLessThan(STEPS_PER_COST * halved.limits.cost);
  });
});
