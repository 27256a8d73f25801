import { type ApolloServerPlugin } from "@apollo/server";
import { requestScope } from "./request-scope";

/** Adds the provider calls and cache reads of a request to its response, as `extensions.upstream`. `stale` is omitted if it is 0. */
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
