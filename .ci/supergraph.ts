// Prints a supergraph of this subgraph alone: npm run --silent compose -- apollo | apollo-licensed | hive
import { readFileSync } from "node:fs";
import { composeServices as composeForApollo } from "@apollo/composition";
import { composeServices as composeForHive } from "@theguild/federation-composition";
import { parse } from "graphql";

/** By the name of its file in schema/routers: a router's composer, and our schema for it. */
const ROUTERS = {
  apollo: { compose: composeForApollo, schema: "schema/subgraph-unlicensed.graphql" },
  "apollo-licensed": { compose: composeForApollo, schema: "schema/subgraph.graphql" },
  hive: { compose: composeForHive, schema: "schema/subgraph.graphql" },
};
const [, , name = ""] = process.argv;
const router = new Map(Object.entries(ROUTERS)).get(name);
if (!router) throw new Error(`name one of these routers: ${Object.keys(ROUTERS).join(", ")}`);

const typeDefs = parse(readFileSync(router.schema, "utf8"));
// The routers' files replace the URL.
const composed = router.compose([{ name: "benefits-pix", typeDefs, url: "http://benefits-pix.test/" }]);
if (composed.supergraphSdl === undefined) throw new Error(JSON.stringify(composed.errors));
console.log(composed.supergraphSdl);
