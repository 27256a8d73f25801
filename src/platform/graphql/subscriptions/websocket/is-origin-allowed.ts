import { type IncomingHttpHeaders } from "node:http";

/**
 * Whether a page that opens a WebSocket may: pages of this host and of the listed origins. Browsers ask nobody before they connect,
 * and always say which page it is for; what says nothing is no browser.
 */
export function isOriginAllowed({ origin, host }: IncomingHttpHeaders, allowedOrigins: readonly string[]): boolean {
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
