const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a value of unknown origin is a well-formed operation ID. */
export function isOperationId(id: unknown): id is string {
  return typeof id === "string" && UUID.test(id);
}
