import { type ApolloServerPlugin } from "@apollo/server";
import { requestScope } from "./request-scope";

/** Says in `extensions.upstream` of every answer what it cost. `stale` is there only where something is. */
export function createUpstreamCostPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse({ response: { body } }) {
          const scope = requestScope.getStore();
          if (scope && body.kind === "single") {
            const { stale, ...cost } = scope.upstream;
            const upstream = stale > 0 ? { ...cost, stale } : cost;
            body.singleResult.extensions = { ...body.singleResult.extensions, upstream };
          }
          return Promise.resolve();
        },
      }),
  };
}
