import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compose } from "../federation/gateways/compose";
import { type RouterKind } from "../federation/routers/routers";
import { type Router, startRouter } from "../federation/routers/start-router";
import { TOKEN_FORM } from "./member-benefits";

const NAME = "avibra";

/** The supergraph of connectors.graphql for Avibra at this URL, with a token of Avibra's. */
async function composeConnectors(avibraUrl: string): Promise<string> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const response = await fetch(`${avibraUrl}/oauth2/token`, { method: "POST", headers, body: TOKEN_FORM });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const sdl = readFileSync(join(__dirname, "connectors.graphql"), "utf8");
  const filled = sdl.replace("AVIBRA_URL", avibraUrl).replace("AVIBRA_TOKEN", token);
  return compose("@apollo/composition", [{ name: NAME, sdl: filled, url: avibraUrl }]);
}

/** Apollo Router with its shipped configuration, which calls Avibra itself. Clients name the member in the header `x-member`. */
export async function startConnectors(kind: RouterKind, avibraUrl: string): Promise<Router> {
  const supergraphSdl = await composeConnectors(avibraUrl);
  // The configuration is for this subgraph, which is not in the supergraph.
  return startRouter(kind, { supergraphSdl, urls: { "benefits-pix": avibraUrl }, routerSecret: "unused" });
}
