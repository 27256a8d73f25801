import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLSchema, parse } from "graphql";
import { buildSchema, createResolversMap, type NonEmptyArray } from "type-graphql";
import { benefitFeature } from "./features/benefit";
import { eventFeature } from "./features/event";
import { offerFeature } from "./features/offer";
import { operationFeature } from "./features/operation";
import { pixAuthorizationFeature } from "./features/pix-authorization";
import { userFeature } from "./features/user";
import { SubgraphError } from "./platform/errors/subgraph-error";

/** What the graph promises, slice by slice. The only list of features. */
const features = [userFeature, benefitFeature, offerFeature, pixAuthorizationFeature, operationFeature, eventFeature];

/** Federation v2.9: the newest that both composers in our checks accept. */
const LINK = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@shareable", "@authenticated", "@requiresScopes"]
)\n\n`;

/** TypeGraphQL demands one as soon as there is a subscription; ours bring their own events. */
const NO_PUBSUB = {
  publish: () => undefined,
  subscribe: (): never => {
    throw new Error("a subscription without its own events");
  },
};

type ClassType = new () => object;

export interface Subgraph {
  readonly schema: GraphQLSchema;
  /** What a router composes: our types with their federation directives and the `@link`. */
  readonly sdl: string;
  /** What clients see: the same types without anything of federation. */
  readonly apiSchema: GraphQLSchema;
}

/** Without this a representation of a type that we do not resolve is an internal error, or is believed as it stands. */
function refuseForeignRepresentations(schema: GraphQLSchema): void {
  const ours = new Set(features.flatMap(({ references }) => Object.keys(references)));
  const field = schema.getQueryType()?.getFields()["_entities"];
  const resolve = field?.resolve;
  if (!field || !resolve) throw new Error("a federation subgraph resolves _entities");
  field.resolve = (source, args: { representations: readonly unknown[] }, ...rest) => {
    const areOurs = args.representations.every((one) => {
      const type = (one as { __typename?: unknown } | null)?.__typename;
      return typeof type === "string" && ours.has(type);
    });
    if (areOurs) return resolve(source, args, ...rest);
    throw new SubgraphError("BAD_USER_INPUT", {
      message: "Every representation must be of a type that this subgraph resolves.",
    });
  };
}

/** Builds the executable federation subgraph from the features' decorated classes. */
export async function createSubgraph(): Promise<Subgraph> {
  const apiSchema = await buildSchema({
    resolvers: features.flatMap<ClassType>(({ resolvers }) => resolvers) as unknown as NonEmptyArray<ClassType>,
    orphanedTypes: features.flatMap<ClassType>(({ orphanedTypes }) => orphanedTypes),
    pubSub: NO_PUBSUB,
    validate: false, // input is validated in scalars: class-validator's errors would carry the values
  });
  const sdl = LINK + printSchemaWithDirectives(apiSchema);
  const resolvers = createResolversMap(apiSchema) as Record<string, Record<string, unknown>>;
  for (const [type, resolve] of features.flatMap(({ references }) => Object.entries(references))) {
    resolvers[type] = { ...resolvers[type], __resolveReference: resolve };
  }
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
  refuseForeignRepresentations(schema);
  return { schema, sdl, apiSchema };
}
