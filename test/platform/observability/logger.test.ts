import { ApolloServer, HeaderMap } from "@apollo/server";
import { AxiosError, AxiosHeaders } from "axios";
import fc from "fast-check";
import { describeError } from "../../../src/platform/errors/describe-error";
import { SubgraphError } from "../../../src/platform/errors/subgraph-error";
import { createLibraryLogger } from "../../../src/platform/observability/library-logger";
import { createLogger, type Logger } from "../../../src/platform/observability/logger";

const CANARY = "canary-5e1f";

/** What is written when this is logged. */
function written(log: (logger: Logger) => void): string {
  const lines: string[] = [];
  log(createLogger("trace", { write: (line) => void lines.push(line) }));
  return lines.join("");
}

/** Everything a line must be: one, JSON, without characters that a terminal or a log shipper would obey, and short. */
function expectOneLine(text: string): void {
  expect(text.endsWith("\n")).toBe(true);
  const line = text.slice(0, -1);
  expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|\\u00[01]/u);
  expect(line.length).toBeLessThan(20_000);
  expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
}

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: fc.constantFrom("\n", "\r", "\0", "\u001b", "\u2028", "\u202e", "\ud800", '"', "\\", "a") }),
);
const anything = fc.anything({
  key: fc.oneof(text, fc.constantFrom("__proto__", "toString", "constructor", "headers", "socket", "method")),
  values: [text, fc.double(), fc.boolean(), fc.constant(undefined), fc.bigInt(), fc.constant(null)],
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
  maxDepth: 6,
});

/** Names of the list, as different parties write them. */
const privateName = fc.constantFrom(
  ..."authorization Authorization router-authorization password linkPassword client_secret accessToken x-api-key".split(
    " ",
  ),
  ..."taxId tax_id TAX_ID requesterDocument email x-delfinance-account-id phoneNumber firstName last_name address idempotency-key Name".split(
    " ",
  ),
  ..."headers body variables Set-Cookie DATABASE_URL LEDGER_KEY ENCRYPTION_KEYS encryptionKey username birthDate".split(
    " ",
  ),
);

describe("a log line", () => {
  test("is one bounded line of JSON without control characters for any logged value", () => {
    fc.assert(
      fc.property(anything, text, (value, message) => {
        expectOneLine(
          written((logger) => {
            logger.info(value, message);
          }),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("never holds the value of a private member, at any depth", () => {
    const secret = fc.oneof(
      fc.constant(CANARY),
      fc.constant([CANARY]),
      fc.constant({ deep: { deeper: CANARY } }),
      fc.constant(Buffer.from(CANARY)),
    );
    const holding = fc.letrec((tie) => ({
      member: fc.oneof(
        { maxDepth: 5 },
        fc.tuple(privateName, secret).map(([name, value]) => ({ [name]: value })),
        fc.tuple(fc.constantFrom("call", "outer", "a", "0"), tie("member")).map(([name, value]) => ({ [name]: value })),
        tie("member").map((value) => [1, value]),
      ),
    })).member;
    fc.assert(
      fc.property(holding, (value) => {
        const line = written((logger) => {
          logger.warn(value as object, "planted");
        });
        expectOneLine(line);
        expect(line).not.toContain(CANARY);
        expect(line).not.toContain([...Buffer.from(CANARY)].join(","));
      }),
      { numRuns: 300 },
    );
  });

  test("is bounded for objects that are wide, long or circular", () => {
    const circle: Record<string, unknown> = { call: "x" };
    circle["circle"] = circle;
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`member${index}`, index]));
    expect(
      written((logger) => {
        logger.error(circle);
      }),
    ).toContain("[object]"); // it ends by its depth
    for (const value of [
      circle,
      wide,
      { list: Array.from({ length: 100_000 }, () => "x") },
      { long: "\n".repeat(1e6) },
    ]) {
      expectOneLine(
        written((logger) => {
          logger.error(value, "y".repeat(1e6));
        }),
      );
    }
  });

  test("has request ID, call, duration and status", () => {
    const fields = { requestId: "r-1", call: "avibra.benefits.list", durationMs: 1.5, status: 503 };
    expect(
      JSON.parse(
        written((logger) => {
          logger.warn(fields, "provider call failed");
        }),
      ),
    ).toMatchObject({
      ...fields,
      level: "warn",
      msg: "provider call failed",
    });
  });

  test("of an axios error has its name, code and origin, and nothing of its request or response", () => {
    const config = { headers: new AxiosHeaders({ authorization: CANARY }), url: CANARY, data: CANARY };
    const answer = { status: 500, statusText: CANARY, data: CANARY, headers: { "x-request": CANARY }, config };
    const error = new AxiosError(
      `${CANARY}\n    at ${CANARY} (/${CANARY}.js:1:1)`,
      "ERR_BAD_RESPONSE",
      config,
      {},
      answer,
    );
    const causedBy = new Error(CANARY, { cause: error });
    const logs: ((logger: Logger) => void)[] = [
      (logger) => {
        logger.error(error);
      },
      (logger) => {
        logger.error(error, "failed");
      },
      (logger) => {
        logger.error({ err: error, deep: [causedBy] }, "failed");
      },
      (logger) => {
        logger.error(describeError(error), "failed");
      },
      (logger) => {
        logger.error(describeError(new SubgraphError("UNAVAILABLE", { cause: error })), "failed");
      },
      (logger) => {
        logger.error("failed with %s", CANARY);
      },
      (logger) => {
        createLibraryLogger(logger, "apollo").error(error);
      },
    ];
    for (const log of logs) {
      const line = written(log);
      expectOneLine(line);
      expect(line).not.toContain(CANARY);
    }
    expect(
      JSON.parse(
        written((logger) => {
          logger.error(error, "failed");
        }),
      ),
    ).toMatchObject({
      error: "AxiosError",
      code: "ERR_BAD_RESPONSE",
      stack: expect.arrayContaining([expect.stringContaining("logger.test.ts")]),
    });
  });

  test("of an error has none of its members' canaries", () => {
    const names = ["name", "message", "code", "stack", "cause", "errno", "response", "config"];
    fc.assert(
      fc.property(
        fc.subarray(names),
        fc.constantFrom<unknown>(CANARY, { member: CANARY }, [CANARY]),
        (members, value) => {
          const error = Object.assign(new Error("plain"), Object.fromEntries(members.map((name) => [name, value])));
          expect(
            written((logger) => {
              logger.error(describeError(error), "failed");
            }),
          ).not.toContain(CANARY);
        },
      ),
    );
  });
});

describe("a log message of a library", () => {
  test.each([
    [`Unexpected error processing request: Error: ${CANARY}`, "Unexpected error processing request"],
    [`status 400 ${CANARY}`, "status"],
    [`{"${CANARY}":1}`, undefined],
    [{ text: CANARY }, undefined],
  ])("(%j) is logged as its first plain words", (message, words) => {
    const line = written((logger) => {
      createLibraryLogger(logger, "apollo").warn(message);
    });
    expect(line).not.toContain(CANARY);
    const { library, words: logged, level } = JSON.parse(line) as Record<string, unknown>;
    expect({ library, logged, level }).toEqual({ library: "apollo", logged: words, level: "warn" });
  });

  test("from Apollo Server about an error in a hook does not hold the error's text", async () => {
    const lines: string[] = [];
    const apollo = new ApolloServer({
      typeDefs: "type Query { a: Int }",
      logger: createLibraryLogger(createLogger("trace", { write: (line) => void lines.push(line) }), "apollo"),
      plugins: [{ invalidRequestWasReceived: () => Promise.reject(new Error(CANARY)) }],
    });
    await apollo.start();
    const httpGraphQLRequest = { method: "POST", headers: new HeaderMap(), search: "", body: undefined };
    httpGraphQLRequest.headers.set("content-type", "application/json");
    await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: () => Promise.resolve({}) });
    await apollo.stop();
    expect(lines.map((line) => (JSON.parse(line) as { words?: string }).words)).toContain(
      "invalidRequestWasReceived hook threw",
    );
    expect(lines.join("")).not.toContain(CANARY);
  });
});
