// The template most teams would write: Apollo Server's standalone server on @apollo/subgraph, axios and Apollo with their defaults,
// jose for the caller's token. It keeps Avibra's token and makes one call for a member, as a good one would.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import axios from "axios";
import { parse } from "graphql";
import { importJWK, type JWK, jwtVerify } from "jose";
import { type ServerArguments, TOKEN_FORM, toMember, type Wire } from "./member-benefits";

const { avibraUrl, publicKey } = JSON.parse(process.argv[2] ?? "{}") as ServerArguments;

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { me: User }
  type User @key(fields: "id") { id: ID! currentOffer: CurrentOffer benefits: [Benefit!]! availableOffers: [Offer!]! }
  type CurrentOffer { status: String! nextBillingAt: String offer: Offer! }
  type Offer { id: ID! name: String! price: Money billingPeriod: String }
  type Benefit { id: ID! name: String! status: String! coverage: Money pendingSwap: BenefitSwap }
  type BenefitSwap { direction: String! at: String! }
  type Money { amount: String! currency: String! }
`);

interface Context {
  readonly userId: string;
}

let token: Promise<string> | undefined;

async function fetchToken(): Promise<string> {
  const response = await axios.post<{ access_token: string }>(`${avibraUrl}/oauth2/token`, TOKEN_FORM);
  return response.data.access_token;
}

const resolvers = {
  Query: {
    async me(_root: unknown, _args: unknown, { userId }: Context) {
      token ??= fetchToken();
      const headers = { authorization: `Bearer ${await token}` };
      const { data } = await axios.get<Wire>(`${avibraUrl}/user/benefits/${encodeURIComponent(userId)}`, { headers });
      return toMember(userId, data);
    },
  },
};

async function main(): Promise<void> {
  const key = await importJWK(JSON.parse(publicKey) as JWK, "ES256");
  const server = new ApolloServer<Context>({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]) });
  const { url } = await startStandaloneServer(server, {
    listen: { host: "127.0.0.1", port: 0 },
    context: async ({ req }) => {
      const { payload } = await jwtVerify(req.headers.authorization?.slice("Bearer ".length) ?? "", key);
      return { userId: payload.sub ?? "" };
    },
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.({ url });
}

void main();
