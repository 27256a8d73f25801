/** What signals tell of. */
export const topics = {
  /** What was read of the key (see read-subjects.ts) is old. */
  readsInvalidated: "readsOld",
  /** The operation of this id is settled. */
  operationSettled: "operationSettled",
  /** An event about the user who is the key has had its effects. */
  eventStored: "eventStored",
} as const;
