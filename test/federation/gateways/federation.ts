import { type FixtureSubgraph } from "../fixtures/fixture-subgraph";
import { startAccounts } from "../fixtures/accounts";
import { startBilling } from "../fixtures/billing";
import { AUDIENCE, ISSUER, type TokenIssuer, startTokenIssuer } from "../../kit/tokens/token-issuer";
import { createGraphqlClient, type GraphqlOptions } from "../../kit/http/graphql-client";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { OUR_NAME, ROUTER_SECRET } from "./compose";

/** The services that a gateway needs: our subgraph with both simulated providers, two other teams' subgraphs, and a token issuer. */
export interface Federation {
  readonly subgraph: TestSubgraph;
  readonly accounts: FixtureSubgraph;
  readonly billing: FixtureSubgraph;
  readonly keys: TokenIssuer;
  /** The URL of each subgraph, by its name in the supergraph. */
  readonly urls: Readonly<Record<string, string>>;
  /** The number of GraphQL requests to our subgraph since its log was cleared. */
  countRequestsToUs(): number;
  stop(): Promise<void>;
}

/** `environment`: further variables of our subgraph. */
export async function startFederation(environment: Readonly<Record<string, string>> = {}): Promise<Federation> {
  const keys = await startTokenIssuer();
  const [subgraph, accounts, billing] = await Promise.all([
    startSubgraph({
      ROUTER_SECRETS: ROUTER_SECRET,
      AUTH_JWKS_URL: keys.url,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      ...environment,
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
    countRequestsToUs: () => subgraph.logs.filter((line) => line.includes('"route":"/graphql"')).length,
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

/** A gateway's response; `extensions` can have members that are not from our subgraph. */
export interface GatewayResponse {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- responses are compared whole, as JSON
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
