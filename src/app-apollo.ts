import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { type GraphQLSchema } from "graphql";
import { type Config } from "./config";
import { type Context } from "./context";
import { type createErrorFunnel } from "./platform/errors/format-error";
import { createAnswerRefusal } from "./platform/graphql/answer-refusal";
import { createDocumentStore } from "./platform/graphql/document-store";
import { createExaminedDocumentCheck } from "./platform/graphql/examined-document";
import { createSchemaGuard } from "./platform/graphql/schema-guard";
import { createUpstreamCost } from "./platform/graphql/upstream-cost";
import { createSubscriptionRefusal } from "./platform/subscriptions/refuse-over-http";
import { createLibraryLogger } from "./platform/telemetry/library-logger";
import { type Logger } from "./platform/telemetry/logger";

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly formatError: ReturnType<typeof createErrorFunnel>;
}

/** Apollo Server as it is set up here; not started yet. */
export function createApollo(
  config: Config,
  logger: Logger,
  { schema, formatError }: ApolloOptions,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection: true, // in live mode to the router alone: see createSchemaGuard
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
      createExaminedDocumentCheck(),
      createSubscriptionRefusal(),
      ...(config.isSandbox ? [] : [createSchemaGuard()]),
      ...(config.EXPOSE_UPSTREAM_COST ? [createUpstreamCost()] : []),
      createAnswerRefusal(), // last, for what it drops
    ],
  });
}
