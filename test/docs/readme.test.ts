import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stripIgnoredCharacters } from "graphql";
import { z } from "zod";
import { loadConfig } from "../../src/config";
import { Environment } from "../../src/environment";
import { type ErrorCode, SubgraphError } from "../../src/platform/errors/subgraph-error";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { parseFaults } from "../../src/sandbox/server/fault";
import { startSupergraph } from "../federation/gateways/apollo";
import { EXAMPLES, expectDone } from "../federation/gateways/examples";
import { names, README, table } from "../support/readme";
import { startSubgraph, type TestSubgraph } from "../support/subgraph";

const ROOT = join(__dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const DOCUMENTS = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

interface Block {
  readonly language: string;
  readonly text: string;
  /** The JSON block that follows directly, if one does. */
  readonly answer?: unknown;
}

function blocksOf(document: string): Block[] {
  const found = [...document.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
  return found.map((block, index) => {
    const next = found[index + 1];
    return next?.language === "json" ? { ...block, answer: JSON.parse(next.text) as unknown } : block;
  });
}

const BLOCKS = blocksOf(README);
const isBehindRouter = ({ text }: Block) => text.includes("http://127.0.0.1:4000");

/** Runs the few forms of `curl` that the README uses, against other ports than it names. */
function createShell(urls: Readonly<Record<string, string>>) {
  const variables = new Map<string, string>();

  async function curl(command: string): Promise<string> {
    const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
      ([, verbatim, quoted, bare]) =>
        verbatim ?? (quoted ?? bare ?? "").replace(/\$(\w+)/g, (_, name: string) => variables.get(name) ?? ""),
    );
    const request = { method: "GET", headers: new Headers(), body: undefined as string | undefined };
    let target = "";
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      const next = () => words.shift() ?? "";
      if (word === "-X") request.method = next();
      else if (word === "-H") request.headers.append(...(next().split(": ") as [string, string]));
      else if (word === "-d") Object.assign(request, { method: "POST", body: next() });
      else if (word.startsWith("http")) target = word;
      else if (word !== "curl" && word !== "-s") throw new Error(`the test knows no curl ${word}`);
    }
    const { origin, pathname, search } = new URL(target);
    const { body, ...rest } = request;
    const response = await fetch(`${urls[origin] ?? "nowhere"}${pathname}${search}`, {
      ...rest,
      ...(body !== undefined && { body }),
    });
    return response.text();
  }

  /** Runs every command of a block; what the last one printed. */
  return async (block: string) => {
    let printed = "";
    for (const line of block.replaceAll("\\\n", " ").split("\n").filter(Boolean)) {
      const [, name, command] = /^(\w+)=\$\((curl .*) \| cut -d'"' -f4\)$/.exec(line) ?? [];
      if (name && command) variables.set(name, (await curl(command)).split('"')[3] ?? "");
      else printed = await curl(line);
    }
    return printed;
  };
}

describe("the README's examples", () => {
  let sandboxes: Sandboxes;
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
    subgraph = await startSubgraph({
      AVIBRA_BASE_URL: sandboxes.avibra.url,
      DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
      // As for a newcomer: with retries, breakers and kept reads.
      RETRY_PERCENT: "10",
      BREAKER_MIN_CALLS: "20",
      READ_CACHE_MS: "5000",
      EXPOSE_UPSTREAM_COST: "true",
      // Only sooner: an operation has time for two calls that hang, and not for a third.
      DELBANK_TIMEOUT_MS: "1000",
      OPERATION_TIMEOUT_MS: "2150",
    });
  });
  afterAll(async () => {
    await subgraph.stop();
    await sandboxes.close();
  });

  const queries = BLOCKS.filter(({ language }) => language === "graphql");
  const commands = BLOCKS.filter(({ language, text }) => language === "sh" && text.includes("curl"));

  /** What an answer cost is left out where the README says so: everywhere but in the first one. */
  const asShown = (printed: unknown, shown: unknown): unknown => {
    const { extensions, ...rest } = printed as { extensions?: { upstream?: unknown } };
    expect(extensions).toHaveProperty("upstream.calls");
    return Object.hasOwn(shown as object, "extensions") ? printed : rest;
  };

  const tokenOf = (query: string) => /^# token: \/dev\/token\?(\S+)$/m.exec(query)?.[1];

  test.each(queries.map(({ text, answer }) => [/^\s+(\w+)/m.exec(text)?.[1], text, answer] as const))(
    "the query for %s is answered as it says, for the token that it names",
    async (_field, query, answer) => {
      const claims = Object.fromEntries(new URLSearchParams(tokenOf(query)));
      expect(claims).toHaveProperty("sub");
      expect(asShown(await subgraph.graphql(query, { claims }), answer)).toEqual(answer);
    },
  );

  test("the curl commands, run from top to bottom, answer as it says", async () => {
    const run = createShell({
      "http://127.0.0.1:4001": subgraph.url,
      "http://127.0.0.1:4101": sandboxes.avibra.url,
      "http://127.0.0.1:4102": sandboxes.delbank.url,
    });
    const direct = commands.filter((block) => !isBehindRouter(block));
    expect(direct.filter(({ answer }) => answer !== undefined)).toHaveLength(5);
    for (const { text, answer } of direct) {
      const printed = JSON.parse(await run(text)) as unknown;
      if (answer !== undefined) expect(asShown(printed, answer)).toEqual(answer);
    }
  });

  test("every JSON stands below the query or command that brings it", () => {
    const answers = BLOCKS.filter(({ language }) => language === "json");
    const asked = [...queries, ...commands].filter(({ answer }) => answer !== undefined);
    expect(queries.length).toBeGreaterThan(0);
    expect(queries.every(({ answer }) => answer !== undefined)).toBe(true);
    expect(asked).toHaveLength(answers.length);
  });

  test("the members and authorizations that it lists are those of the sandboxes", async () => {
    const state = async (url: string) => (await (await fetch(`${url}/__sandbox/state`)).json()) as never;
    const { users }: { users: { userId: string }[] } = await state(sandboxes.avibra.url);
    const { authorizations }: { authorizations: { recurrenceId: string }[] } = await state(sandboxes.delbank.url);
    const listed = (name: string) => table(name).flatMap(([first = ""]) => names(first));
    expect(listed("member")).toEqual(users.map(({ userId }) => userId));
    expect(listed("authorization")).toEqual(authorizations.map(({ recurrenceId }) => recurrenceId));
  });
});

describe("the README's commands behind a router", () => {
  const commands = BLOCKS.filter(({ language }) => language === "sh").filter(isBehindRouter);
  const [first, ...others] = commands;
  const bodies = others.map(({ text }) => JSON.parse(/ -d '(.*)'$/m.exec(text)?.[1] ?? "") as { query: string });
  let supergraph: Awaited<ReturnType<typeof startSupergraph>>;
  beforeAll(async () => (supergraph = await startSupergraph()));
  afterAll(() => supergraph.stop());

  test("are the example operations with their variables, in order", () => {
    const examples = EXAMPLES.map(({ query, variables }) => ({
      query: stripIgnoredCharacters(query),
      ...(Object.keys(variables).length > 0 && { variables }),
    }));
    expect(bodies).toEqual(examples);
  });

  test("need nothing but the gateway's URL and a token from there", () => {
    const urls = commands.flatMap(({ text }) => [...text.matchAll(/https?:\/\/[^/'\s]+/g)].map(String));
    expect(new Set(urls)).toEqual(new Set(["http://127.0.0.1:4000"]));
    const headers = commands.flatMap(({ text }) => [...text.matchAll(/-H ['"](\S+):/g)].map(([, name]) => name));
    expect(new Set(headers)).toEqual(new Set(["content-type", "authorization"]));
  });

  test("run from top to bottom, each is done and none refused; the first one answers as it says", async () => {
    const run = createShell({ "http://127.0.0.1:4000": new URL(supergraph.url).origin });
    expect(JSON.parse(await run(first?.text ?? ""))).toEqual(first?.answer);
    expect(first?.answer).toBeDefined();
    for (const [index, { text }] of others.entries()) {
      expectDone(bodies[index]?.query ?? "", JSON.parse(await run(text)) as object);
    }
  });
});

describe("the README's tables", () => {
  test("variables: names, defaults and meanings are those of the configuration's schema", () => {
    const required = new Set<string>();
    try {
      loadConfig({ PROVIDERS: "live" });
    } catch (error) {
      for (const [, name = ""] of (error as Error).message.matchAll(/^ {2}(\w+): is required/gm)) required.add(name);
    }
    expect(required.size).toBeGreaterThan(0);
    const expected = Object.entries<z.ZodType>(Environment.shape).map(([name, schema]) => {
      const fallback = schema instanceof z.ZodDefault ? `\`${String(schema.def.defaultValue)}\`` : "none";
      return [`\`${name}\``, required.has(name) ? "required" : fallback, schema.description];
    });
    expect(table("variable")).toEqual(expected);
  });

  test("error codes: codes, messages and `retryable` are those of the source", () => {
    const source = read("src/platform/errors/subgraph-error.ts");
    const codes = [...source.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code as ErrorCode);
    expect(codes.length).toBeGreaterThan(0);
    const expected = codes.map((code) => {
      const { message, retryable } = new SubgraphError(code);
      return [`\`${code}\``, message, retryable ? "yes" : "no"];
    });
    expect(table("code").map((cells) => cells.slice(0, 3))).toEqual(expected);
  });

  test("commands: each is one of package.json, and the two that a newcomer needs are there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const commands = table("command").flatMap(([first = ""]) => names(first));
    const scriptOf = (command: string) => /^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? "";
    expect(commands.filter((command) => !Object.hasOwn(scripts, scriptOf(command)))).toEqual([]);
    expect(BLOCKS.map(({ text }) => text.trim())).toEqual(
      expect.arrayContaining(["npm ci && npm start", "npm ci && npm test"]),
    );
  });

  test("fault kinds: those that the sandbox plays", () => {
    const refusal = parseFaults({ match: {}, kind: "?" });
    const kinds = /one of (.*)/.exec("problems" in refusal ? refusal.problems.join() : "")?.[1]?.split(", ");
    expect(table("kind").flatMap(([first = ""]) => names(first))).toEqual(kinds);
  });
});

describe.each(DOCUMENTS)("%s", (document) => {
  const text = read(document);
  const slugOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");

  test("links to files and headings that exist", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links
      .filter((link) => !link.startsWith("https://"))
      .filter((link) => {
        const [path = "", heading] = link.split("#");
        const target = path === "" ? document : join(dirname(document), path);
        if (!existsSync(join(ROOT, target))) return true;
        if (heading === undefined) return false;
        const slugs = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => slugOf(title));
        return !slugs.includes(heading);
      });
    expect(broken).toEqual([]);
  });

  test("quotes code as it stands in the file that it names", () => {
    // Prettier lays an excerpt out anew, so white space and trailing commas are no difference.
    const bare = (code: string) => code.replace(/\s/g, "").replace(/,(?=[)\]}])/g, "");
    for (const { text: excerpt } of blocksOf(text).filter(({ language }) => language === "ts")) {
      const [, file = "", code = ""] = /^\/\/ (\S+)\n(.*)$/s.exec(excerpt) ?? [];
      expect(bare(read(file))).toContain(bare(code));
    }
  });
});
