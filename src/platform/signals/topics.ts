/** What signals tell of. */
export const topics = {
  /** What was read of the key (see read-subjects.ts) is old. */
  readsOld: "readsOld",
  /** The operation of this id is settled. */
  operationSettled: "operationSettled",
  /** The event of this `id`, about the user who is the key, is stored and has had its effects. */
  eventStored: "eventStored",
} as const;
