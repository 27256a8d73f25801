import { type ApolloServerPlugin } from "@apollo/server";
import { requestScope } from "./request-scope";

/** Marks requests whose parameters Apollo Server has accepted: later errors are refusals of well-formed requests. */
export function createRefusalStatusPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveSource() {
          const scope = requestScope.getStore();
          if (scope) scope.statusFollowsAccept = true;
          return Promise.resolve();
        },
      }),
  };
}
