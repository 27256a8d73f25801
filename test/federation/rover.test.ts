import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse, print, visit } from "graphql";
import { type LiveSubgraph, ROUTER, startLiveSubgraph } from "../kit/start/live-subgraph";
import { createTempDirectory } from "../kit/temp";
import { compose, OUR_SDL, subgraphs } from "./gateways/compose";

const ROVER = join(__dirname, "rover/node_modules/@apollo/rover-linux-x64/rover");

/** Sorted, with the fields of each type sorted. */
function definitionsOf(sdl: string): string[] {
  const sorted = visit(parse(sdl), {
    ObjectTypeDefinition: {
      leave: (node) => ({ ...node, fields: node.fields?.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1)) }),
    },
  });
  return sorted.definitions.map(print).sort();
}

describe("`rover subgraph introspect` of a subgraph in live mode", () => {
  const home = createTempDirectory("rover");
  let subgraph: LiveSubgraph;
  beforeAll(async () => (subgraph = await startLiveSubgraph()));
  afterAll(async () => {
    await subgraph.stop();
    home.remove();
  });

  async function introspect(...headers: string[]): Promise<{ code: number | null; output: string }> {
    const args = ["subgraph", "introspect", `${subgraph.url}/graphql`, "--skip-update-check"];
    const child = spawn(ROVER, [...args, ...headers.flatMap((header) => ["--header", header])], {
      env: { HOME: home.path, APOLLO_HOME: home.path, APOLLO_TELEMETRY_DISABLED: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = once(child, "close") as Promise<[number | null]>;
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, output: output || errors };
  }

  test("prints, to a caller with the router's secret, a schema that composes as schema/subgraph.graphql does", async () => {
    const { code, output } = await introspect(`router-authorization:${ROUTER["router-authorization"]}`);
    expect(code).toBe(0);
    // What it prints has another order, and the definitions of the federation specification.
    const composed = (sdl: string) => definitionsOf(compose("@apollo/composition", subgraphs(undefined, sdl)));
    expect(composed(output)).toEqual(composed(OUR_SDL));
  });

  test("prints no schema without the secret", async () => {
    const { code, output } = await introspect();
    expect(code).toBe(1);
    expect(output).toContain("error: No data field provided");
    expect(output).not.toContain("type Query");
  });
});
