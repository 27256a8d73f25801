import { EventResolver } from "./event.resolver";
import { UserEvent } from "./event.type";
import { UserEventsResolver } from "./user-events.resolver";

export { createEventProcessor as createEventEffects, toMessageMetadata as factsOf } from "./event-processor";
export { createEventLoaders } from "./event.loader";
export const eventFeature = {
  resolvers: [EventResolver, UserEventsResolver],
  orphanedTypes: [UserEvent],
  references: {},
};
