// Composes schema/subgraph.graphql by itself and with other teams' subgraphs, with the three composers that routers use.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import { composeServices as composeWithGuild } from "@theguild/federation-composition";
import { parse } from "graphql";
import { stringify } from "yaml";

interface Service {
  readonly name: string;
  readonly file: string;
}

/** Messages of a composer; none if it has composed. */
type Compose = (services: readonly Service[]) => readonly string[];

const WGC = "test/federation/wgc/node_modules/wgc/dist/src/index.js";

const urlOf = ({ name }: Service) => `http://${name}.test/`;
const parsed = (services: readonly Service[]) =>
  services.map((service) => ({
    name: service.name,
    typeDefs: parse(readFileSync(service.file, "utf8")),
    url: urlOf(service),
  }));

interface Composition {
  readonly supergraphSdl?: string | undefined;
  readonly errors?: readonly { readonly message: string }[] | undefined;
}

const toMessages = ({ supergraphSdl, errors = [] }: Composition) =>
  supergraphSdl === undefined ? errors.map(({ message }) => message) : [];

/** Cosmo's composer, which reads and writes files. It sends nothing and looks for no update. */
function composeWithWgc(services: readonly Service[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "benefits-composition-"));
  try {
    const [input, output] = [join(folder, "graph.yaml"), join(folder, "router.json")];
    const subgraphs = services.map((service) => ({
      name: service.name,
      routing_url: urlOf(service),
      schema: { file: join(process.cwd(), service.file) },
    }));
    writeFileSync(input, stringify({ version: 1, subgraphs }));
    const args = [WGC, "router", "compose", "--suppress-warnings", "--input", input, "--out", output];
    const env = { HOME: folder, COSMO_TELEMETRY_DISABLED: "true", DISABLE_UPDATE_CHECK: "true" };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
    return status === 0 ? [] : [stdout + stderr];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const COMPOSERS: Readonly<Record<string, Compose>> = {
  "@apollo/composition": (services) => toMessages(composeServices(parsed(services))),
  "@theguild/federation-composition": (services) => toMessages(composeWithGuild(parsed(services))),
  "wgc router compose": composeWithWgc,
};

const fixture = (name: string) => ({ name, file: `test/federation/fixtures/${name}.graphql` });
const ours = { name: "benefits-pix", file: "schema/subgraph.graphql" };
const [accounts, billing] = [fixture("accounts"), fixture("billing")];

const problems = [[ours], [ours, accounts], [ours, billing], [ours, accounts, billing]].flatMap((services) => {
  const names = services.map(({ name }) => name).join(" + ");
  return Object.entries(COMPOSERS).flatMap(([composer, compose]) => {
    const messages = compose(services);
    console.log(`${names} with ${composer}: ${messages.length === 0 ? "composed" : "failed"}`);
    return messages;
  });
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
