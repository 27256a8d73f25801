import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLSchema, parse } from "graphql";
import { buildSchema, createResolversMap, type NonEmptyArray } from "type-graphql";
import { chargeFields } from "./limits/charge-fields";
import { isolateRepresentationErrors } from "./isolate-representation-errors";

/** TypeGraphQL requires one if the schema has a subscription. Our subscriptions provide their own events. */
const NO_PUBSUB = {
  publish: () => undefined,
  subscribe: (): never => {
    throw new Error("the subscription does not provide its own events");
  },
};

type ClassType = new () => object;

/** A feature's part of the graph. */
interface Feature {
  /** Decorated resolver classes. */
  readonly resolvers: readonly ClassType[];
  /** Decorated types that no field returns, but a reference resolves to. */
  readonly orphanedTypes: readonly ClassType[];
  /** Reference resolvers, by the entity's name. */
  readonly references: Readonly<Record<string, unknown>>;
}

interface SubgraphOptions {
  /** Describes the schema as a whole: in introspection, in the SDL and in the supergraph's API schema. */
  readonly description?: string;
  readonly features: readonly Feature[];
  /** The SDL before the types: `extend schema @link(...)`, and definitions of composed directives. */
  readonly link: string;
}

export interface Subgraph {
  readonly schema: GraphQLSchema;
  /** The SDL for composition: the types with federation directives and `@link`. */
  readonly sdl: string;
  /** The schema for clients: the same types without federation. */
  readonly apiSchema: GraphQLSchema;
}

/** Builds the executable federation subgraph from the features' decorated classes. */
export async function buildSubgraph({ description, features, link }: SubgraphOptions): Promise<Subgraph> {
  const apiSchema = await buildSchema({
    resolvers: features.flatMap(({ resolvers }) => resolvers) as unknown as NonEmptyArray<ClassType>,
    orphanedTypes: features.flatMap(({ orphanedTypes }) => orphanedTypes),
    pubSub: NO_PUBSUB,
    validate: false, // scalars validate input: errors of class-validator would contain the values
  });
  apiSchema.description = description; // TypeGraphQL has no option for it
  const sdl = `${link}\n\n${printSchemaWithDirectives(apiSchema)}`;
  const resolvers = createResolversMap(apiSchema) as Record<string, Record<string, unknown>>;
  const references = Object.assign({}, ...features.map((feature) => feature.references)) as Feature["references"];
  for (const [type, resolve] of Object.entries(references)) {
    resolvers[type] = { ...resolvers[type], __resolveReference: resolve };
  }
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
  isolateRepresentationErrors(schema, Object.keys(references));
  chargeFields(schema);
  return { schema, sdl, apiSchema };
}
