/** The topics of messages. Replicas of several releases use the values, so they must not change. */
export const topics = {
  /** Cached reads with this tag (see read-tags.ts) are out of date. */
  readsInvalidated: "readsOld",
  /** All cached reads are out of date. */
  allReadsInvalidated: "allReadsOld",
  /** The operation of this id is settled, or needs attention. */
  operationSettled: "operationSettled",
  /** An event about the user with this id was processed. */
  eventProcessed: "eventStored",
  /** The sandbox was reset: nothing that was read before is current. */
  sandboxReset: "sandboxReset",
} as const;
