import { spawn } from "node:child_process";
import { stripIgnoredCharacters } from "graphql";
import { createSandboxProviders } from "../../src/sandbox/sandbox-providers";
import { hiveGateway } from "../federation/gateways/hive";
import { startSupergraph } from "../federation/gateways/supergraph";
import { EXAMPLES, expectDone } from "../federation/gateways/examples";
import { type CodeBlock, findCodeBlocks, PAGES, readText } from "../kit/pages";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";
import { createShell } from "./shell";

const isCommand = ({ language, text }: CodeBlock) => language === "sh" && text.includes("curl");
const isForRouter = ({ text }: CodeBlock) => text.includes("http://127.0.0.1:4000");
const isExample = (block: CodeBlock) => ["graphql", "js"].includes(block.language) || isCommand(block);

const hangs = ({ text }: CodeBlock) => text.includes('"kind":"hang');
/** A request has time for two calls that hang, and not for a third. */
const SHORT_TIMEOUTS = { DELBANK_TIMEOUT_MS: "1500", REQUEST_TIMEOUT_MS: "3150" };

/** The examples of each page that has any. The runbooks have a test of their own. */
const EXAMPLE_PAGES = PAGES.filter((file) => !file.startsWith("docs/operations/runbooks/"));
const BY_PAGE = EXAMPLE_PAGES.map((file) => [file, findCodeBlocks(readText(file)).filter(isExample)] as const).filter(
  ([, blocks]) => blocks.length > 0,
);

/** The JSON that a page shows as the response of an example. */
const responseOf = ({ next }: CodeBlock): unknown => (next?.language === "json" ? JSON.parse(next.text) : undefined);

/** A command without a response body prints nothing. */
const parseOutput = (text: string): unknown => (text === "" ? undefined : JSON.parse(text));

/** A response without its cost, if the page leaves that out. */
function asShown(printed: unknown, shown: unknown): unknown {
  const { extensions, ...rest } = printed as { extensions?: { upstream?: unknown } };
  expect(extensions).toHaveProperty("upstream.calls");
  return Object.hasOwn(shown as object, "extensions") ? printed : rest;
}

test("every JSON block follows its example, and every query has a JSON block", () => {
  const blocks = BY_PAGE.flatMap(([file]) => findCodeBlocks(readText(file)));
  const responses = blocks.filter(({ language }) => language === "json");
  const examples = BY_PAGE.flatMap(([, found]) => found);
  expect(examples.filter((block) => responseOf(block) !== undefined)).toHaveLength(responses.length);
  const queries = examples.filter(({ language }) => language === "graphql");
  expect(queries.filter((block) => responseOf(block) === undefined)).toEqual([]);
  expect(examples.length).toBeGreaterThan(20);
});

describe.each(BY_PAGE.filter(([, blocks]) => !blocks.some(isForRouter)))("%s", (_file, blocks) => {
  let subgraph: TestSubgraph;
  let run: ReturnType<typeof createShell>;
  beforeAll(async () => {
    // As for a newcomer: with the first event, retries, circuit breakers and the read cache.
    const variables = {
      RETRY_PERCENT: "10",
      BREAKER_MIN_CALLS: "20",
      EXPOSE_UPSTREAM_COST: "true",
      // Longer than for a newcomer, so that a slow machine does not let a cached read expire.
      READ_CACHE_MS: "600000",
      ...(blocks.some(hangs) && SHORT_TIMEOUTS),
    };
    subgraph = await startSubgraph(variables, { simulate: createSandboxProviders });
    const replacements = {
      "http://127.0.0.1:4001": subgraph.url,
      "http://127.0.0.1:4101": subgraph.avibra.url,
      "http://127.0.0.1:4102": subgraph.delbank.url,
    };
    run = createShell({ replacements });
  });
  afterAll(async () => {
    await subgraph.stop();
  });

  const claimsOf = (text: string) => {
    const claims = Object.fromEntries(new URLSearchParams(/^(?:#|\/\/) token: \/dev\/token\?(\S+)$/m.exec(text)?.[1]));
    expect(claims).toHaveProperty("sub");
    return claims;
  };

  /** Runs a program that subscribes to events of u-1001, until it has printed what the page shows. */
  async function subscribe(text: string, shown: string): Promise<void> {
    const TOKEN = await subgraph.token(claimsOf(text));
    const program = text
      .replace("ws://127.0.0.1:4001", subgraph.url.replace("http", "ws"))
      .replace("http://127.0.0.1:4001", subgraph.url);
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { env: { TOKEN } });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    try {
      await waitFor(async () => {
        // It receives only events that come after its subscription; each of these is a new one.
        await postWebhook(subgraph.url, {
          eventname: "enrollment_successful",
          userid: "u-1001",
          eventtimestamp: `${printed.length}-${Date.now()}`,
        });
        return printed.includes(`${shown}\n`) || undefined;
      });
    } finally {
      child.kill();
    }
    if (text.includes("WebSocket")) expect(printed).toMatch(/^\{"type":"connection_ack"\}\n/);
  }

  test.each(blocks.map((block, index) => [index + 1, block.language, block] as const))(
    "example %i (%s) has the response that the page shows",
    async (_index, language, block) => {
      if (language === "js") {
        const shown = block.next?.text.trim() ?? "";
        expect(shown).toContain("ENROLLMENT_SUCCESSFUL");
        await subscribe(block.text, shown);
        return;
      }
      const printed: unknown =
        language === "graphql"
          ? await subgraph.graphql(block.text, { claims: claimsOf(block.text) })
          : parseOutput((await run(block.text)).at(-1) ?? "");
      const shown = responseOf(block);
      if (shown !== undefined) expect(asShown(printed, shown)).toEqual(shown);
    },
  );
});

describe("the commands for a router", () => {
  const commands = BY_PAGE.flatMap(([, blocks]) => blocks).filter(isForRouter);
  const [first, ...others] = commands;
  const bodies = others.map(({ text }) => JSON.parse(/ -d '(.*)'$/m.exec(text)?.[1] ?? "") as { query: string });
  let supergraph: Awaited<ReturnType<typeof startSupergraph>>;
  beforeAll(async () => (supergraph = await startSupergraph({}, { startGateway: hiveGateway("JavaScript") })));
  afterAll(() => supergraph.stop());

  test("are the example operations with their variables, in order", () => {
    const examples = EXAMPLES.map(({ query, variables }) => ({
      query: stripIgnoredCharacters(query),
      ...(Object.keys(variables).length > 0 && { variables }),
    }));
    expect(bodies).toEqual(examples);
  });

  test("need only the URL of the gateway and a token", () => {
    const urls = commands.flatMap(({ text }) => [...text.matchAll(/https?:\/\/[^/'\s]+/g)].map(String));
    expect(new Set(urls)).toEqual(new Set(["http://127.0.0.1:4000"]));
    const headers = commands.flatMap(({ text }) => [...text.matchAll(/-H ['"](\S+):/g)].map(([, name]) => name));
    expect(new Set(headers)).toEqual(new Set(["content-type", "authorization"]));
  });

  test("succeed in order, the first one with the response that the page shows", async () => {
    const run = createShell({ replacements: { "http://127.0.0.1:4000": new URL(supergraph.url).origin } });
    const runOne = async (text: string) => (await run(text)).at(-1) ?? "";
    const shown = first && responseOf(first);
    expect(shown).toBeDefined();
    expect(JSON.parse(await runOne(first?.text ?? ""))).toEqual(shown);
    for (const [index, { text }] of others.entries()) {
      expectDone(bodies[index]?.query ?? "", JSON.parse(await runOne(text)) as object);
    }
  });
});
