import { AccountResolver } from "./account.resolver";
import { resolveUserReference, UserResolver } from "./user.resolver";

export { createAccountHandlers, createPortalLinkHandler, PORTAL_LINK_RETRY_ADVICE } from "./account-handlers";
export { createEnrollmentOfUserLoader } from "./enrollment-of-user.loader";
export const userFeature = {
  resolvers: [UserResolver, AccountResolver],
  orphanedTypes: [],
  references: { User: resolveUserReference },
};
