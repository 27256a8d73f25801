import "reflect-metadata";
import { benefitFeature } from "../features/benefit";
import { eventFeature } from "../features/event";
import { offerFeature } from "../features/offer";
import { operationFeature } from "../features/operation";
import { pixAuthorizationFeature } from "../features/pix-authorization";
import { userFeature } from "../features/user";
import { buildSubgraph, type Subgraph } from "../platform/graphql/build-subgraph";

/** What the graph promises, slice by slice. The only list of features. */
const features = [userFeature, benefitFeature, offerFeature, pixAuthorizationFeature, operationFeature, eventFeature];

/** Federation v2.9: the newest that both composers in our checks accept. */
const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@shareable", "@authenticated", "@requiresScopes"]
)`;

/** Builds our subgraph. */
export function createSubgraph(): Promise<Subgraph> {
  return buildSubgraph({ features, link });
}
