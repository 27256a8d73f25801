/** Ends with `NOT_FOUND` when it is opened, because there is no such operation. */
export const UNKNOWN_OPERATION = 'subscription { operationSettled(id: "none") { id } }';
