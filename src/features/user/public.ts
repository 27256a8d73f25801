/** What other features may import of the members. */
export { canReadUser, canWriteUser } from "./access";
export { isUserId } from "./user-id";
export { UserId } from "./user-id.type";
export { User } from "./user.type";
