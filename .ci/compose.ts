// Composes schema/subgraph.graphql by itself and with other teams' subgraphs, with the two composers that routers use.
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { composeServices as composeWithGuild } from "@theguild/federation-composition";
import { parse } from "graphql";

const subgraph = (name: string, file: string) => ({
  name,
  typeDefs: parse(readFileSync(file, "utf8")),
  url: `http://${name}.test/`,
});
const fixture = (name: string) => subgraph(name, `test/federation/fixtures/${name}.graphql`);
const ours = subgraph("benefits-pix", "schema/subgraph.graphql");
const [accounts, billing] = [fixture("accounts"), fixture("billing")];

const problems = [[ours], [ours, accounts], [ours, billing], [ours, accounts, billing]].flatMap((services) => {
  const names = services.map(({ name }) => name).join(" + ");
  const compositions = {
    "@apollo/composition": composeServices(services),
    "@theguild/federation-composition": composeWithGuild(services),
  };
  return Object.entries(compositions).flatMap(([composer, { errors, supergraphSdl }]) => {
    console.log(`${names} with ${composer}: ${supergraphSdl ? "composed" : "failed"}`);
    return supergraphSdl ? [] : (errors ?? []).map(({ message }) => message);
  });
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
