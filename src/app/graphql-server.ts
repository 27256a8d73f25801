import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { type GraphQLSchema } from "graphql";
import { type Config } from "../config/index";
import { type Context } from "./request-context";
import { type createErrorFormatter } from "../platform/graphql/error-formatter";
import { createRequestLevelErrorPlugin } from "../platform/graphql/request-level-error-plugin";
import { createDocumentStore } from "../platform/graphql/document-store";
import { createGuardedDocumentPlugin } from "../platform/graphql/guarded-document-plugin";
import { createSchemaGuardPlugin } from "../platform/graphql/schema-guard-plugin";
import { createUpstreamCostPlugin } from "../platform/graphql/upstream-cost-plugin";
import { createRejectHttpSubscriptionsPlugin } from "../platform/graphql/subscriptions/reject-http-subscriptions-plugin";
import { createLibraryLogger } from "../platform/observability/library-logger";
import { type Logger } from "../platform/observability/logger";

export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly formatError: ReturnType<typeof createErrorFormatter>;
}

/** Apollo Server as it is set up here; not started yet. */
export function createGraphqlServer(
  config: Config,
  logger: Logger,
  { schema, formatError }: GraphqlServerOptions,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection: true, // in live mode to the router alone: see createSchemaGuardPlugin
    hideSchemaDetailsFromClientErrors: !config.isSandbox,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    documentStore: createDocumentStore(schema),
    stopOnTerminationSignals: false, // main.ts stops in its own order
    formatError,
    logger: createLibraryLogger(logger, "apollo"),
    // The per-field cache plugin halves the throughput of lists.
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      createGuardedDocumentPlugin(),
      createRejectHttpSubscriptionsPlugin(),
      ...(config.isSandbox ? [] : [createSchemaGuardPlugin()]),
      ...(config.EXPOSE_UPSTREAM_COST ? [createUpstreamCostPlugin()] : []),
      createRequestLevelErrorPlugin(), // last, for what it drops
    ],
  });
}
