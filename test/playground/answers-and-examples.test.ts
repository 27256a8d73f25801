import { join } from "node:path";
import { describeResponse } from "../../src/playground/page/describe-response";
import { toTabs } from "../../src/playground/page/example-tabs";
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
    [
      "the number of errors and each code once",
      { errors: [{ extensions: { code: "FORBIDDEN" } }, { extensions: { code: "FORBIDDEN" } }, {}] },
      "3 errors: FORBIDDEN · 12 ms",
    ],
    ["an error without a code", { errors: [{ message: "no" }] }, "1 error · 12 ms"],
    ["only the duration of a response that is no object", null, "12 ms"],
  ])("shows %s", (_case, body, line) => {
    expect(describeResponse({ body, durationMs: 11.7, callerName: undefined })).toBe(line);
  });
});

describe("the playground's example tabs", () => {
  const caller = { sub: "u-1", scope: "pix:cancel" };
  const variables = { input: { idempotencyKey: "key", nested: { idempotencyKey: "other" }, list: ["unchanged"] } };
  const example = { name: "one", query: "query One { me { id } }\n", variables, caller };

  test("name the caller in comments above the operation, one claim a line", () => {
    expect(toTabs([example], "now")[0]?.query).toBe(
      "# Caller: sub u-1\n#         scope pix:cancel\nquery One { me { id } }\n",
    );
  });

  test("have idempotency keys of this visit at every depth, and unchanged other values", () => {
    expect(JSON.parse(toTabs([example], "now")[0]?.variables ?? "")).toEqual({
      input: { idempotencyKey: "key-now", nested: { idempotencyKey: "other-now" }, list: ["unchanged"] },
    });
  });

  test("are those of schema/operations; only the first, whose variables GraphiQL would lose, has no variables", () => {
    const [first, ...others] = toTabs(readExamples(join(__dirname, "../../schema/operations")), "now");
    expect(first?.variables).toBeNull();
    expect(others.every(({ variables: text }) => text !== null)).toBe(true);
  });
});
