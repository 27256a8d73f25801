import { join } from "node:path";
import { describeCost, outcomeOf } from "../../src/playground/page/describe-response";
import { createHint, findStaleCallerComment, toTabs } from "../../src/playground/page/example-tabs";
import { TAB_PURPOSES } from "../../src/playground/page/tab-purposes";
import { subscriptionExample } from "../../src/playground/page/subscription-example";
import { readExamples } from "../../src/playground/examples";

const upstream = { calls: 1, retries: 0, coalesced: 0, cacheHits: 0 };

describe("the playground's response bar", () => {
  test.each([
    ["the cost of a response", { extensions: { upstream } }, "1 provider call · 0 retries · 0 cached · 12 ms"],
    [
      "plurals, shared and stale responses",
      { extensions: { upstream: { calls: 2, retries: 1, coalesced: 3, cacheHits: 4, stale: 5 } } },
      "2 provider calls · 1 retry · 4 cached · 3 shared · 5 stale · 12 ms",
    ],
    ["only the duration if the server reports no cost", { data: {} }, "12 ms"],
    ["only the duration of a response that is no object", null, "12 ms"],
  ])("shows %s", (_case, body, line) => {
    expect(describeCost({ body, durationMs: 11.7, callerName: undefined })).toBe(line);
  });

  const rejection = { code: "NOT_FOUND" };
  test.each([
    ["Success", "good", { data: { me: null } }],
    ["Success", "good", { data: { changeOffer: { userErrors: [] }, other: null } }],
    ["Refused", "refused", { data: { changeOffer: { userErrors: [rejection] } } }],
    ["1 error", "bad", { errors: [{}], data: { changeOffer: { userErrors: [rejection] } } }],
    ["2 errors", "bad", { errors: [{}, {}], data: null }],
    ["Success", "good", null],
  ])("says %s (%s) of %j", (text, kind, body) => {
    expect(outcomeOf(body)).toEqual({ kind, text });
  });
});

describe("the playground's example tabs", () => {
  const claims = { sub: "u-1", scope: "pix:cancel" };
  const caller = { label: "Ana", description: "", claims };
  const anonymous = { label: "Anonymous", description: "" };
  const variables = { input: { idempotencyKey: "key", nested: { idempotencyKey: "other" }, list: ["unchanged"] } };
  const example = { name: "one", query: "query One { me { id } }\n", variables, caller: { sub: "needed" } };

  test("name the chosen caller in comments above the operation, one claim a line", () => {
    expect(toTabs([example], "now", caller)[0]?.query).toBe(
      "# Caller: sub u-1\n#         scope pix:cancel\nquery One { me { id } }\n",
    );
    expect(toTabs([example], "now", anonymous)[0]?.query).toMatch(/^# Caller: anonymous, without a token\nquery One/);
  });

  test("name no caller if the page cannot choose one", () => {
    expect(toTabs([example], "now", undefined)[0]?.query).toBe(example.query);
    expect(createHint(undefined)).not.toContain("Caller");
  });

  test("get the comment of a newly chosen caller in the place of the old one, and nothing if it was deleted", () => {
    const query = toTabs([example], "now", caller)[0]?.query ?? "";
    expect(findStaleCallerComment(query, anonymous)).toEqual({
      endLine: 3,
      comment: "# Caller: anonymous, without a token\n",
    });
    expect(findStaleCallerComment(query, caller)).toBeUndefined();
    expect(findStaleCallerComment("# Mine\n{ me { id } }", caller)).toBeUndefined();
  });

  test("each have a purpose for the introduction, by their title", () => {
    const examples = [...readExamples(join(__dirname, "../../schema/operations")), subscriptionExample];
    const titles = examples.map(({ query }) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1]);
    expect(Object.keys(TAB_PURPOSES)).toEqual(titles);
  });

  test("have idempotency keys of this session at every depth, and unchanged other values", () => {
    expect(JSON.parse(toTabs([example], "now", caller)[0]?.variables ?? "")).toEqual({
      input: { idempotencyKey: "key-now", nested: { idempotencyKey: "other-now" }, list: ["unchanged"] },
    });
  });

  test("are those of schema/operations; only the first, whose variables GraphiQL would lose, has no variables", () => {
    const [first, ...others] = toTabs(readExamples(join(__dirname, "../../schema/operations")), "now", caller);
    expect(first?.variables).toBeNull();
    expect(others.every(({ variables: text }) => text !== null)).toBe(true);
  });
});
