import { EventResolver } from "./event.resolver";
import { UserEvent } from "./event.type";
import { UserEventsResolver } from "./user-events.resolver";

export { createEventProcessor } from "./event-processor";
export { createEventLoaders } from "./event.loader";
export { CONFIRMS } from "./match-operation.state";
export { createReceiveEvent } from "./receive-event";
export const eventFeature = {
  resolvers: [EventResolver, UserEventsResolver],
  orphanedTypes: [UserEvent],
  references: {},
};
