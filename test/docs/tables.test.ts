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

test("each variable of the configuration is in one table, with its default and its description", () => {
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

test("each derived limit on the page Limits is computed from the defaults of the variables", () => {
  const { tokens, depth, fields, aliases, representations, cost, providerCalls } = deriveLimits(
    loadConfig({}).limits.documents,
  );
  const configured = { tokens, depth, fields, aliases, representations, cost, providerCalls };
  const derived = Object.entries(deriveLimits(configured)).filter(([name]) => !Object.hasOwn(configured, name));
  const documented = readTable("docs/platform/limits.md", "derived limit").map(([, value]) => value);
  expect(documented).toEqual(derived.map(([, value]) => `\`${value}\``));
});

test("the page Errors has the codes, messages and `retryable` of the source", () => {
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
])("the table of %s has the values of the schema", (type, column) => {
  const values = buildSchema(readText("schema/api.graphql")).getType(type) as GraphQLEnumType;
  const documented = firstNames(readTable("docs/frontend/mutations-and-idempotency.md", column));
  expect(documented).toEqual(values.getValues().map(({ name }) => name));
});

test("each command of the README is in package.json, and it shows how to start and to test", () => {
  const scriptOf = (command: string) => /^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? "";
  const commands = firstNames(readTable("README.md", "command"));
  expect(commands.filter((command) => !Object.hasOwn(scripts, scriptOf(command)))).toEqual([]);
  expect(findCodeBlocks(readText("README.md")).map(({ text }) => text.trim())).toEqual(
    expect.arrayContaining(["npm ci && npm start", "npm ci && npm test"]),
  );
});

test.each(PAGES)("%s runs only scripts of package.json", (file) => {
  const run = [...readText(file).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, script = ""]) => script);
  expect(run.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
});

test("the page Sandbox lists the fault kinds of the sandbox", () => {
  const refusal = parseFaults({ match: {}, kind: "?" });
  const kinds = /one of (.*)/.exec("problems" in refusal ? refusal.problems.join() : "")?.[1]?.split(", ");
  expect(firstNames(readTable("docs/contributing/sandbox.md", "kind"))).toEqual(kinds);
});

test("the page Getting started lists the members and authorizations of the sandbox", async () => {
  const sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
  const state = async (url: string) => (await (await fetch(`${url}/__sandbox/state`)).json()) as never;
  const { users }: { users: { userId: string }[] } = await state(sandboxes.avibra.url);
  const { authorizations }: { authorizations: { recurrenceId: string }[] } = await state(sandboxes.delbank.url);
  await sandboxes.close();
  const listed = (name: string) => firstNames(readTable("docs/frontend/getting-started.md", name));
  expect(listed("member")).toEqual(users.map(({ userId }) => userId));
  expect(listed("authorization")).toEqual(authorizations.map(({ recurrenceId }) => recurrenceId));
});

test("the page Router names the versions of routers whose failures were recorded", () => {
  const { versions } = JSON.parse(readText(".ci/router-failures.json")) as { versions: Record<string, string> };
  const page = readText("docs/platform/router.md");
  const rows = readTable("docs/platform/router.md", "router");
  const run = rows.filter(([, version]) => version !== "none").map(([router, version]) => `${router} ${version}`);
  const recorded = Object.entries(versions).map((entry) => entry.join(" "));
  expect(new Set(run)).toEqual(new Set(recorded));
  const named = Array.from(page.matchAll(/(?:Apollo|Hive) Router \d+\.\d+\.\d+/g), ([text]) => text);
  expect(new Set(named)).toEqual(new Set(recorded));
  const built = Array.from(
    page.matchAll(/^cargo install (\w+)-router(?:@| --version )(\S+)/gm),
    ([, name = "", version]) => `${name.charAt(0).toUpperCase()}${name.slice(1)} Router ${version}`,
  );
  expect(built).toEqual(recorded);
});
