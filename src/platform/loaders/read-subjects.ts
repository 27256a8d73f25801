/** Names what a read is about: `SharedReads.drop` forgets all that was read of it. */
export const readsOfUser = (userId: string) => `user/${userId}`;
export const readsOfRecurrence = (recurrenceId: string) => `recurrence/${recurrenceId}`;

/** What an operation's member and recurrence are named. */
export function readsAbout({
  subject,
  target,
}: {
  readonly subject: string | null;
  readonly target: string | null;
}): string[] {
  return [...(subject === null ? [] : [readsOfUser(subject)]), ...(target === null ? [] : [readsOfRecurrence(target)])];
}
