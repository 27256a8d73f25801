/** Names what a read is about: `ReadCache.drop` forgets all that was read of it. */
export const userTag = (userId: string) => `user/${userId}`;
export const recurrenceTag = (recurrenceId: string) => `recurrence/${recurrenceId}`;

/** What an operation's member and recurrence are named. */
export function operationTags({
  userId,
  recurrenceId,
}: {
  readonly userId: string | null;
  readonly recurrenceId: string | null;
}): string[] {
  return [
    ...(userId === null ? [] : [userTag(userId)]),
    ...(recurrenceId === null ? [] : [recurrenceTag(recurrenceId)]),
  ];
}
