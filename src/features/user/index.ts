import { AccountResolver } from "./account.resolver";
import { resolveUserReference, UserResolver } from "./user.resolver";

export {
  createAccountOperations,
  createPortalLinkOperation,
  PORTAL_LINK_RETRY_ADVICE as NEW_PORTAL_LINK,
} from "./account-operations";
export { createEnrollmentOfUserLoader as createEnrollmentOfUser } from "./enrollment-of-user.loader";
export const userFeature = {
  resolvers: [UserResolver, AccountResolver],
  orphanedTypes: [],
  references: { User: resolveUserReference },
};
