import { type IncomingHttpHeaders } from "node:http";
import { type OriginCheck } from "../../../http/server/allowed-origins";

/**
 * Whether a page may open a WebSocket: pages of this host and of the allowed origins. Browsers connect to other origins without a
 * preflight request and always send `Origin`; a client that sends none is not a browser.
 */
export function isOriginAllowed({ origin, host }: IncomingHttpHeaders, isAllowedOrigin: OriginCheck): boolean {
  if (origin === undefined || isAllowedOrigin(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
