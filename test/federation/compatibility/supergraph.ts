import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import { ApolloGateway } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginInlineTrace } from "@apollo/server/plugin/inlineTrace";
import { startStandaloneServer } from "@apollo/server/standalone";
import { parse } from "graphql";
import { buildSubgraph } from "../../../src/platform/graphql/build-subgraph";
import { freePort } from "../../kit/free-port";
import { productsParts } from "./products";

/** The installed suite: its tests, and the two subgraphs that ours is joined with. */
export const SUITE = join(__dirname, "node_modules/@apollo/federation-subgraph-compatibility-tests/dist");

const folderOf = (name: string) => join(SUITE, "subgraphs", name);
const portVariable = { users: "USERS_PORT", inventory: "INVENTORY_PORT" };
type Other = keyof typeof portVariable;

/** Starts one of the suite's own subgraphs as a process of its own. */
async function startOther(name: Other, port: number): Promise<ChildProcess> {
  const child = fork(join(folderOf(name), "index.js"), { env: { [portVariable[name]]: String(port) }, silent: true });
  await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => {
      reject(new Error(`${name} ended with ${String(code)}`));
    });
  });
  return child;
}

const serviceOf = (name: string, { port, sdl }: { port: number | string; sdl: string }) => ({
  name,
  url: `http://localhost:${port}/`,
  typeDefs: parse(sdl),
});

/** Starts `products`, built by our schema builder, the suite's other subgraphs, and Apollo's gateway over all three. */
export async function startCompatibilitySupergraph() {
  const { schema, sdl } = await buildSubgraph(productsParts);
  const others = await Promise.all(
    (["users", "inventory"] as const).map(async (name) => ({
      name,
      port: await freePort(),
      sdl: readFileSync(join(folderOf(name), `${name}.graphql`), "utf8"),
    })),
  );
  const productsPort = await freePort();
  const composition = composeServices([
    serviceOf("products", { port: productsPort, sdl }),
    ...others.map(({ name, ...other }) => serviceOf(name, other)),
  ]);
  if (composition.errors) throw new AggregateError(composition.errors, "the three subgraphs do not compose");
  const { supergraphSdl } = composition;

  const processes = await Promise.all(others.map(({ name, port }) => startOther(name, port)));
  const products = new ApolloServer({ schema, plugins: [ApolloServerPluginInlineTrace()] });
  const { url: productsUrl } = await startStandaloneServer(products, { listen: { port: productsPort } });
  const gateway = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl }) });
  const { url: gatewayUrl } = await startStandaloneServer(gateway, { listen: { port: 0 } });

  return {
    productsUrl,
    gatewayUrl,
    async stop() {
      await gateway.stop();
      await products.stop();
      for (const child of processes) child.kill();
    },
  };
}
