import { createGraphqlClient } from "../http/graphql-client";
import { STAFF_CLAIMS } from "../tokens/claims";
import { AUDIENCE, ISSUER, startTokenIssuer } from "../tokens/token-issuer";
import { startSubgraph } from "./subgraph";

/** The header that identifies the router of a live subgraph. */
export const ROUTER = { "router-authorization": "the-router-secret-of-32-characters" };

export type LiveSubgraph = Awaited<ReturnType<typeof startLiveSubgraph>>;

/**
 * Starts a subgraph in live mode, with the simulated providers, and an issuer of tokens. `post`, `graphql` and `execute` are requests of
 * its router, as those of `startSubgraph` with the claims of staff unless they have others.
 */
export async function startLiveSubgraph(environment: Readonly<Record<string, string>> = {}) {
  const issuer = await startTokenIssuer();
  const subgraph = await startSubgraph({
    PROVIDERS: "live",
    ROUTER_SECRETS: ROUTER["router-authorization"],
    AUTH_JWKS_URL: issuer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    ...environment,
  }).catch(async (error: unknown) => {
    await issuer.close();
    throw error;
  });
  return {
    ...subgraph,
    /** A token of the issuer; with a negative lifetime in seconds, an expired one. */
    token: issuer.sign,
    ...createGraphqlClient(`${subgraph.url}/graphql`, {
      getToken: issuer.sign,
      claims: STAFF_CLAIMS,
      headers: ROUTER,
    }),
    async stop() {
      await subgraph.stop();
      await issuer.close();
    },
  };
}
