import { type MemberRecords, toUserKeys } from "../../app/member-records";
import { type Clock } from "../../platform/kernel/clock";
import { type UserKeys } from "../../platform/operations/retention.store";
import { type CommandOutput } from "../command-output";
import { CommandFailure, EXIT } from "../exit-code";
import { hasPersonalData } from "../find-personal-data";

/** What each command uses. */
export interface MembersContext {
  readonly records: MemberRecords;
  readonly clock: Clock;
  readonly progress: CommandOutput["progress"];
}

/**
 * Under what this ID is stored. Throws CommandFailure if nothing is stored and the ID looks like a typing error: a pattern, a document
 * or an address. Such an ID can be a caller's all the same.
 */
export async function findMember({ records }: MembersContext, id: string): Promise<UserKeys> {
  const user = toUserKeys(id);
  if (user.userId !== undefined && !hasPersonalData(id)) return user;
  const { retentionStore, inbox } = records;
  const isStored = (await retentionStore.countOfUser(user)) + (await inbox.count(id)) > 0;
  if (isStored) return user;
  const message =
    "Nothing is stored under this ID. A member's ID has 1 to 64 letters, digits, _ or -; " +
    "it is neither a pattern nor a document nor an e-mail address.";
  throw new CommandFailure(EXIT.usage, message);
}
