import { startApolloGateway } from "./gateways/apollo";
import { describeGateway } from "./gateways/claims";

describe("behind @apollo/gateway", () => {
  describeGateway(startApolloGateway);
});
