import { SubgraphError } from "./subgraph-error";

const NAME = /^[A-Za-z]\w{0,63}$/;
/** `ECONNRESET`, `ERR_JWKS_TIMEOUT`, or a SQLSTATE. */
const CODE = /^([A-Z][A-Z0-9_]{1,63}|[0-9A-Z]{5})$/;
/** A stack frame, which ends with a file, line and column. */
const FRAME = /^ {4}(at .{1,300}:\d{1,7}:\d{1,7}\)?)$/;
const MAX_FRAMES = 12;

/** The members of a foreign error can have any type at run time. */
const asText = (value: unknown) => (typeof value === "string" ? value : "");

function getNameAndCode(error: Error): { error: string; code?: string } {
  const name = asText(error.name);
  const code = asText((error as { code?: unknown }).code);
  return { error: NAME.test(name) ? name : "Error", ...(CODE.test(code) && { code }) };
}

/** The frames of the stack, without the message at its start, which can contain lines that look like frames. */
function extractFrames(error: Error): string[] {
  const [stack, message] = [asText(error.stack), asText(error.message)];
  const start = stack.indexOf(message);
  const lines = stack.slice(start < 0 ? 0 : start + message.length).split("\n");
  return lines.flatMap((line) => FRAME.exec(line)?.[1] ?? []).slice(0, MAX_FRAMES);
}

/** Returns the log fields of an error: name, code and stack frames, never a message or a body from another party. */
export function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof SubgraphError) {
    if (error.logFields) return { code: error.code, ...error.logFields };
    return { code: error.code, ...(error.cause !== undefined && { cause: describeError(error.cause) }) };
  }
  if (!(error instanceof Error)) return { thrown: typeof error };
  return {
    ...getNameAndCode(error),
    ...(error.cause instanceof Error && { cause: getNameAndCode(error.cause) }),
    stack: extractFrames(error),
  };
}

/** The same for an expected error, whose line can be written for each request: where it was thrown says nothing then. */
export function describeWithoutStack(error: SubgraphError): Record<string, unknown> {
  const { code, cause, logFields } = error;
  return { code, ...(logFields ?? (cause instanceof Error && { cause: getNameAndCode(cause) })) };
}
