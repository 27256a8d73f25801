/** `*` is allowed only as the port of a loopback host: development servers choose their port. */
const LOOPBACK_WITH_ANY_PORT = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\]):\*$/i;
/** Scheme, host and port, without credentials, path, query or fragment. */
const ORIGIN = /^https?:\/\/[^\s/?#@\\*]+$/i;

/** The origin as a browser sends it: in lower case, without the default port. Undefined if the text is not an origin. */
export function normalizeOrigin(text: string): string | undefined {
  if (LOOPBACK_WITH_ANY_PORT.test(text)) return text.toLowerCase();
  return ORIGIN.test(text) && URL.canParse(text) ? new URL(text).origin : undefined;
}

/** Whether pages of an origin may call this service. `undefined` is a request without `Origin`. */
export type OriginCheck = (origin: string | undefined) => boolean;

/** Compares with normalized origins. */
export function createOriginCheck(allowedOrigins: readonly string[]): OriginCheck {
  const allowed = new Set(allowedOrigins);
  return (origin = "") =>
    !origin.includes("*") && (allowed.has(origin) || allowed.has(origin.replace(/(:\d{1,5})?$/, ":*")));
}
