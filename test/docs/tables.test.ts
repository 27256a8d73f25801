import { buildSchema, type GraphQLEnumType } from "graphql";
import { z } from "zod";
import { deriveLimits } from "../../src/platform/graphql/limits/derive-limits";
import { loadConfig } from "../../src/config/index";
import { Environment } from "../../src/config/environment";
import { type ErrorCode, SubgraphError } from "../../src/platform/errors/subgraph-error";
import { startSandboxes } from "../../src/sandbox";
import { parseFaults } from "../../src/sandbox/server/fault";
import { findCodeBlocks, findCodeSpans, PAGES, readText, readTable } from "../kit/pages";

const { scripts } = JSON.parse(readText("package.json")) as { scripts: Record<string, string> };
const firstNames = (rows: readonly (readonly string[])[]) => rows.flatMap(([first = ""]) => findCodeSpans(first));
const byName = (rows: readonly (readonly (string | undefined)[])[]) => new Map(rows.map((row) => [row[0], row]));

test("variables: names, defaults and meanings are those of the configuration's schema, each in one table", () => {
  const required = new Set<string>();
  try {
    loadConfig({ PROVIDERS: "live" });
  } catch (error) {
    for (const [, name = ""] of (error as Error).message.matchAll(/^ {2}(\w+): is required/gm)) required.add(name);
  }
  expect(required.size).toBeGreaterThan(0);
  const expected = Object.entries<z.ZodType>(Environment.shape).map(([name, schema]) => {
    const value = schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : "";
    const fallback = value === "" ? "none" : `\`${value}\``;
    return [`\`${name}\``, required.has(name) ? "required" : fallback, schema.description];
  });
  const documented = [
    ...readTable("docs/operations/configuration.md", "variable"),
    ...readTable("docs/platform/limits.md", "variable"),
  ];
  expect(byName(documented)).toEqual(byName(expected));
  expect(documented).toHaveLength(expected.length);
});

test("derived limits: each default follows from the defaults of the variables", () => {
  const { tokens, depth, fields, aliases, representations, cost, providerCalls } = deriveLimits(
    loadConfig({}).limits.documents,
  );
  const configured = { tokens, depth, fields, aliases, representations, cost, providerCalls };
  const derived = Object.entries(deriveLimits(configured)).filter(([name]) => !Object.hasOwn(configured, name));
  const documented = readTable("docs/platform/limits.md", "derived limit").map(([, value]) => value);
  expect(documented).toEqual(derived.map(([, value]) => `\`${value}\``));
});

test("error codes: codes, messages and `retryable` are those of the source", () => {
  const source = readText("src/platform/errors/subgraph-error.ts");
  const codes = [...source.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code as ErrorCode);
  expect(codes.length).toBeGreaterThan(0);
  const expected = codes.map((code) => {
    const { message, retryable } = new SubgraphError(code);
    return [`\`${code}\``, message, retryable ? "yes" : "no"];
  });
  const rows = readTable("docs/frontend/errors.md", "code");
  expect(rows.map((cells) => cells.slice(0, 3))).toEqual(expected);
  expect(rows.filter(([, , , when = ""]) => when === "")).toEqual([]);
});

test.each([
  ["UserErrorCode", "`userErrors.code`"],
  ["OperationStatus", "`operation.status`"],
])("%s: the values are those of the schema", (type, column) => {
  const values = buildSchema(readText("schema/api.graphql")).getType(type) as GraphQLEnumType;
  const documented = firstNames(readTable("docs/frontend/mutations-and-idempotency.md", column));
  expect(documented).toEqual(values.getValues().map(({ name }) => name));
});

test("commands: each is one of package.json, and the two that a newcomer needs are in the README", () => {
  const scriptOf = (command: string) => /^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? "";
  const commands = firstNames(readTable("README.md", "command"));
  expect(commands.filter((command) => !Object.hasOwn(scripts, scriptOf(command)))).toEqual([]);
  expect(findCodeBlocks(readText("README.md")).map(({ text }) => text.trim())).toEqual(
    expect.arrayContaining(["npm ci && npm start", "npm ci && npm test"]),
  );
});

test.each(PAGES)("%s: every script that it runs is one of package.json", (file) => {
  const run = [...readText(file).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, script = ""]) => script);
  expect(run.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
});

test("fault kinds: those that the sandbox has", () => {
  const refusal = parseFaults({ match: {}, kind: "?" });
  const kinds = /one of (.*)/.exec("problems" in refusal ? refusal.problems.join() : "")?.[1]?.split(", ");
  expect(firstNames(readTable("docs/contributing/sandbox.md", "kind"))).toEqual(kinds);
});

test("members and authorizations: those of the sandbox", async () => {
  const sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
  const state = async (url: string) => (await (await fetch(`${url}/__sandbox/state`)).json()) as never;
  const { users }: { users: { userId: string }[] } = await state(sandboxes.avibra.url);
  const { authorizations }: { authorizations: { recurrenceId: string }[] } = await state(sandboxes.delbank.url);
  await sandboxes.close();
  const listed = (name: string) => firstNames(readTable("docs/frontend/getting-started.md", name));
  expect(listed("member")).toEqual(users.map(({ userId }) => userId));
  expect(listed("authorization")).toEqual(authorizations.map(({ recurrenceId }) => recurrenceId));
});
