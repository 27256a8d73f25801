import "reflect-metadata";
import { benefitFeature } from "../features/benefit";
import { eventFeature } from "../features/event";
import { offerFeature } from "../features/offer";
import { operationFeature } from "../features/operation";
import { pixAuthorizationFeature } from "../features/pix-authorization";
import { userFeature } from "../features/user";
import { buildSubgraph, type Subgraph } from "../platform/graphql/build-subgraph";

/** The only list of features. */
const features = [userFeature, benefitFeature, offerFeature, pixAuthorizationFeature, operationFeature, eventFeature];

const description = `
Benefits and offers of your members from Avibra, and their Automatic Pix authorizations at Delbank.

Every mutation is stored as an operation before it is sent to a provider, so that it can be retried with the same \`idempotencyKey\`.
In the sandbox, both providers are simulated: it needs no credentials and moves no money.
`.trim();

/** Federation v2.9 is the newest version that both composers of `npm run check:composition` accept. */
const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@shareable", "@authenticated", "@requiresScopes", "@cost", "@listSize", "@tag"]
)`;

/** Builds the subgraph of all features. */
export function createSubgraph(): Promise<Subgraph> {
  return buildSubgraph({ description, features, link });
}
