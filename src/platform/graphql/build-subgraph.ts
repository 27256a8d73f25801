import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLSchema, parse } from "graphql";
import { buildSchema, createResolversMap, type NonEmptyArray } from "type-graphql";
import { chargeFields } from "./limits/charge-fields";
import { isolateRepresentationErrors } from "./isolate-representation-errors";

/** TypeGraphQL demands one as soon as there is a subscription; ours bring their own events. */
const NO_PUBSUB = {
  publish: () => undefined,
  subscribe: (): never => {
    throw new Error("a subscription without its own events");
  },
};

type ClassType = new () => object;

/** A slice of the graph. */
interface Feature {
  /** Decorated resolver classes. */
  readonly resolvers: readonly ClassType[];
  /** Decorated types that no field leads to, but a reference does. */
  readonly orphanedTypes: readonly ClassType[];
  /** By the entity's name: what resolves a reference to it. */
  readonly references: Readonly<Record<string, unknown>>;
}

interface SubgraphOptions {
  /** Describes the schema as a whole: in introspection, in the SDL and in the supergraph's API schema. */
  readonly description?: string;
  readonly features: readonly Feature[];
  /** The SDL in front of the types: `extend schema @link(...)`, and definitions of directives that are composed. */
  readonly link: string;
}

export interface Subgraph {
  readonly schema: GraphQLSchema;
  /** What a router composes: our types with their federation directives and the `@link`. */
  readonly sdl: string;
  /** What clients see: the same types without anything of federation. */
  readonly apiSchema: GraphQLSchema;
}

/** Builds the executable federation subgraph from the features' decorated classes. */
export async function buildSubgraph({ description, features, link }: SubgraphOptions): Promise<Subgraph> {
  const apiSchema = await buildSchema({
    resolvers: features.flatMap(({ resolvers }) => resolvers) as unknown as NonEmptyArray<ClassType>,
    orphanedTypes: features.flatMap(({ orphanedTypes }) => orphanedTypes),
    pubSub: NO_PUBSUB,
    validate: false, // input is validated in scalars: class-validator's errors would carry the values
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
