import { findCodeSpans, PAGES, readText } from "../kit/pages";
import { waitFor } from "../kit/wait-for";
import { type Dialect, normalize, readSteps } from "./runbooks/page";
import { startWorld } from "./runbooks/world";

const FOLDER = "docs/operations/runbooks";
const RUNS: readonly (readonly [name: string, dialect: Dialect])[] = [
  ["needs-attention", "sqlite"],
  ["provider-outage", "sqlite"],
  ["webhook-replay", "sqlite"],
  ["database-loss", "postgres"],
  ...(process.env["TEST_ALL"] === "true" ? ([["database-loss", "sqlite"]] as const) : []),
];

const pages = PAGES.filter((page) => page.startsWith(FOLDER));
const findAlerts = (text: string) => findCodeSpans(text).map((name) => name.replace("BenefitsPix", ""));

test("each runbook begins with its alerts, which are those of the index", () => {
  const shown = pages.map((page) => {
    const [, paragraph = ""] = readText(page).split("\n\n");
    return [page.replace("docs/", ""), findAlerts(paragraph)];
  });
  const items = readText("docs/index.md").matchAll(/^- \[.*\]\((operations\/runbooks\/.*)\):([^]*?)(?=\n-|\n\n)/gm);
  const listed = [...items].map(([, page = "", alerts = ""]) => [page, findAlerts(alerts)]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(shown));
});

test("every runbook is rehearsed here", () => {
  expect(pages).toEqual([...new Set(RUNS.map(([name]) => `${FOLDER}/${name}.md`))].toSorted());
});

describe.each(RUNS)("the runbook %s on %s", (name, dialect) => {
  const steps = readSteps(`${FOLDER}/${name}.md`, dialect);
  let world: Awaited<ReturnType<typeof startWorld>>;
  beforeAll(async () => {
    world = await startWorld(dialect);
  });
  afterAll(() => world.stop());

  const toComparable = (language: string, text: string): unknown =>
    language === "json" ? JSON.parse(normalize(text)) : normalize(text);

  // One test: a step needs those before it.
  test("has commands that succeed in their order, with the outputs that it shows", async () => {
    expect(steps.filter(({ output }) => output !== undefined).length).toBeGreaterThan(3);
    for (const { title, commands, output, isRepeated } of steps) {
      const shown = output && toComparable(output.language, output.text);
      const run = async () => toComparable(output?.language ?? "text", await world.run(commands));
      let printed = await run();
      const isAsShown = async () => {
        if (JSON.stringify(printed) !== JSON.stringify(shown)) printed = await run();
        return JSON.stringify(printed) === JSON.stringify(shown) ? true : undefined;
      };
      if (isRepeated) await waitFor(isAsShown).catch(() => undefined);
      if (output) expect({ title, commands, printed }).toEqual({ title, commands, printed: shown });
    }
  });
});
