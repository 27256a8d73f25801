import { readFileSync } from "node:fs";
import { join } from "node:path";
import { composeServices as composeWithApollo } from "@apollo/composition";
import { composeServices as composeWithGuild } from "@theguild/federation-composition";
import { parse } from "graphql";
import { fixtureSdl } from "../fixtures/fixture-subgraph";

export interface Service {
  readonly name: string;
  readonly sdl: string;
  readonly url: string;
}

interface Composition {
  readonly supergraphSdl?: string | undefined;
  readonly errors?: readonly { readonly message: string }[] | undefined;
}

const servicesOf = (services: readonly Service[]) =>
  services.map(({ name, sdl, url }) => ({ name, url, typeDefs: parse(sdl) }));

/** The two composers whose supergraphs routers read. */
export const COMPOSERS: Readonly<Record<string, (services: readonly Service[]) => Composition>> = {
  "@apollo/composition": (services) => composeWithApollo(servicesOf(services)),
  "@theguild/federation-composition": (services) => composeWithGuild(servicesOf(services)),
};
export type Composer = keyof typeof COMPOSERS;

const readSchema = (file: string) => readFileSync(join(__dirname, "../../../schema", file), "utf8");

/** Our committed schema. */
export const OUR_SDL = readSchema("subgraph.graphql");
/** The same without @authenticated and @requiresScopes: then only our subgraph enforces them. */
export const UNLICENSED_SDL = readSchema("subgraph-unlicensed.graphql");

/** Our name in a supergraph, to which routers assign a URL and a secret. */
export const OUR_NAME = "benefits-pix";

/** A gateway's secret for our subgraph. Not a secret: it is in the repository. */
export const ROUTER_SECRET = "local-router";

/** Ours and the two fixtures. Without URLs, they can be composed and planned, not called. */
export function subgraphs(urls: Readonly<Record<string, string>> = {}, ours = OUR_SDL): Service[] {
  return [OUR_NAME, "accounts", "billing"].map((name) => ({
    name,
    sdl: name === OUR_NAME ? ours : fixtureSdl(name),
    url: urls[name] ?? `http://${name}.test/graphql`,
  }));
}

/** The supergraph of these services; throws the composer's messages. */
export function compose(composer: Composer, services: readonly Service[]): string {
  const { supergraphSdl, errors } = COMPOSERS[composer]?.(services) ?? {};
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return supergraphSdl;
}
