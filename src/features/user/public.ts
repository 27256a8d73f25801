/** What other features may import from this one. */
export { canReadAnyUser, canReadUser, canWriteUser } from "./access";
export { toUserPayload } from "./to-user-payload";
export { isUserId } from "./user-id";
export { UserId } from "./user-id.type";
export { User } from "./user.type";
export { createMemberView, viewChangedOffer } from "./view-member";
