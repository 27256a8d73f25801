import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { type GraphQLSchema } from "graphql";
import { type RequestContext } from "./request-context";
import { type createErrorFormatter } from "../platform/graphql/error-formatter";
import { createRequestErrorsPlugin } from "../platform/graphql/request-errors/request-errors-plugin";
import { type RequestErrorDescriber } from "../platform/graphql/request-errors/request-error-describer";
import { createRequestLevelErrorPlugin } from "../platform/graphql/request-level-error-plugin";
import { createDocumentStore } from "../platform/graphql/document-store";
import { createGuardedDocumentPlugin } from "../platform/graphql/guarded-document-plugin";
import { createRefusalStatusPlugin } from "../platform/graphql/refusal-status-plugin";
import { createSchemaGuardPlugin } from "../platform/graphql/schema-guard-plugin";
import { createUpstreamCostPlugin } from "../platform/graphql/upstream-cost-plugin";
import { createRejectHttpSubscriptionsPlugin } from "../platform/graphql/subscriptions/reject-http-subscriptions-plugin";
import { createLibraryLogger } from "../platform/observability/library-logger";
import { type Logger } from "../platform/observability/logger";

export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly errorDescriber: RequestErrorDescriber;
  readonly formatError: ReturnType<typeof createErrorFormatter>;
  readonly isSandbox: boolean;
  readonly exposeUpstreamCost: boolean;
  readonly logger: Logger;
}

/** Creates Apollo Server; it is not started yet. */
export function createGraphqlServer(options: GraphqlServerOptions): ApolloServer<RequestContext> {
  const { schema, errorDescriber, formatError, isSandbox, exposeUpstreamCost, logger } = options;
  return new ApolloServer<RequestContext>({
    schema,
    introspection: true, // in live mode only for the router: see createSchemaGuardPlugin
    hideSchemaDetailsFromClientErrors: !isSandbox,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    documentStore: createDocumentStore(schema),
    stopOnTerminationSignals: false, // main.ts handles signals
    formatError,
    logger: createLibraryLogger(logger, "apollo"),
    plugins: [
      ApolloServerPluginCacheControlDisabled(), // per field, it halves the throughput of lists
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      createRefusalStatusPlugin(),
      createRequestErrorsPlugin(errorDescriber),
      createGuardedDocumentPlugin(),
      createRejectHttpSubscriptionsPlugin(),
      ...(isSandbox ? [] : [createSchemaGuardPlugin()]),
      ...(exposeUpstreamCost ? [createUpstreamCostPlugin()] : []),
      createRequestLevelErrorPlugin(), // last: it replaces the response
    ],
  });
}
