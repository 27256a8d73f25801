import { type FixtureSubgraph } from "../fixtures/fixture-subgraph";
import { startAccounts } from "../fixtures/accounts";
import { startBilling } from "../fixtures/billing";
import { AUDIENCE, ISSUER, type TokenIssuer, startTokenIssuer } from "../../kit/tokens/token-issuer";
import { createGraphqlClient, type GraphqlOptions } from "../../kit/http/graphql-client";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { OUR_NAME, ROUTER_SECRET } from "./compose";

/** Behind a gateway: our subgraph with both simulated providers, the subgraphs of two other teams, and the issuer of callers' tokens. */
export interface Federation {
  readonly subgraph: TestSubgraph;
  readonly accounts: FixtureSubgraph;
  readonly billing: FixtureSubgraph;
  readonly keys: TokenIssuer;
  /** Where each subgraph listens, by the name that the supergraph has for it. */
  readonly urls: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startFederation(): Promise<Federation> {
  const keys = await startTokenIssuer();
  const [subgraph, accounts, billing] = await Promise.all([
    startSubgraph({
      ROUTER_SECRETS: ROUTER_SECRET,
      AUTH_JWKS_URL: keys.url,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
    }),
    startAccounts(),
    startBilling(),
  ]);
  return {
    subgraph,
    accounts,
    billing,
    keys,
    urls: { [OUR_NAME]: `${subgraph.url}/graphql`, accounts: accounts.url, billing: billing.url },
    async stop() {
      await Promise.all([accounts.stop(), billing.stop(), subgraph.stop()]);
      await keys.close();
    },
  };
}

/** A request to a gateway; without claims, it has no token. */
export interface Request extends GraphqlOptions {
  readonly query: string;
}

/** An answer of a gateway's: which of `extensions` are ours is for the test to say. */
export interface GatewayResponse {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are compared whole, as JSON
  readonly data?: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

/** Sends a request as a client does, with a token of this issuer. */
export async function sendRequest(url: string, keys: TokenIssuer, request: Request): Promise<GatewayResponse> {
  const { query, ...options } = request;
  const response = await createGraphqlClient(url, { getToken: keys.sign }).post(query, options);
  return { status: response.status, ...((await response.json()) as Omit<GatewayResponse, "status">) };
}
