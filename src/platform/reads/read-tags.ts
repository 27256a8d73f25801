/** Tags of cached reads, for `ReadCache.invalidate`. */
export const userTag = (userId: string) => `user/${userId}`;
export const recurrenceTag = (recurrenceId: string) => `recurrence/${recurrenceId}`;

/** The tags of an operation's member and recurrence. */
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
