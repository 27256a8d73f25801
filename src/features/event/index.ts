import { EventResolver } from "./event.resolver";
import { UserEvent } from "./event.type";

export { createEventEffects, factsOf } from "./event-effects";
export { createEventLoaders } from "./event.loader";
export const eventFeature = { resolvers: [EventResolver], orphanedTypes: [UserEvent], references: {} };
