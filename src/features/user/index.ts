import { resolveUserReference, UserResolver } from "./user.resolver";

export const userFeature = { resolvers: [UserResolver], orphanedTypes: [], references: { User: resolveUserReference } };
