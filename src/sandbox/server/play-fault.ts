import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type HttpResponse } from "./http-response";
import { type Exchange, sendResponse } from "./exchange";
import { type Fault } from "./fault";
import { sendEndlessBody, sendHugeBody, sendSlowBody, sendTruncatedBody } from "./corrupted-body";

export const REDIRECTED_PATH = "/__sandbox/redirected";

const DEFAULT_DELAY_MS = 1_000;
const HTML_BODY = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>";
const UNEXPECTED_BODY = { unexpected: { shape: [1, "two", null] } };

function toBodyText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** Text of the announced length that does not parse: its last character is replaced by two unmatched ones. */
function corruptJson(json: string): string {
  return `${json.slice(0, -1)},]`;
}

function overrideStatusAndHeaders(httpResponse: HttpResponse, fault: Fault): HttpResponse {
  return {
    status: fault.status ?? httpResponse.status,
    body: httpResponse.body,
    headers: { ...httpResponse.headers, ...fault.headers },
  };
}

function createErrorResponse(exchange: Exchange, fault: Fault): HttpResponse {
  const status = fault.status ?? 500;
  const gatewayResponse = exchange.gatewayError(status, "a fault of the sandbox");
  return overrideStatusAndHeaders(
    fault.body === undefined ? gatewayResponse : { ...gatewayResponse, body: toBodyText(fault.body) },
    fault,
  );
}

function createRedirect(exchange: Exchange, fault: Fault): HttpResponse {
  const location = `${exchange.origin}${REDIRECTED_PATH}`;
  const hasLocation = Object.keys(fault.headers ?? {}).some((name) => name.toLowerCase() === "location");
  return {
    status: fault.status ?? 302,
    body: fault.body === undefined ? "" : toBodyText(fault.body),
    headers: { ...(hasLocation ? {} : { location }), ...fault.headers },
  };
}

/** Sends a damaged response after the effect. */
async function sendCorruptedBody(exchange: Exchange, fault: Fault, httpResponse: HttpResponse): Promise<void> {
  const { response } = exchange;
  const bodyOverride = fault.body === undefined ? undefined : toBodyText(fault.body);
  switch (fault.kind) {
    case "truncatedBody":
      sendTruncatedBody(response, { ...httpResponse, body: bodyOverride ?? httpResponse.body });
      return;
    case "malformedJson":
      sendResponse(response, { ...httpResponse, body: bodyOverride ?? corruptJson(httpResponse.body) });
      return;
    case "wrongShape":
      sendResponse(response, { ...httpResponse, body: bodyOverride ?? JSON.stringify(UNEXPECTED_BODY) });
      return;
    case "emptyBody":
      sendResponse(response, { ...httpResponse, body: "" });
      return;
    case "htmlBody":
      sendResponse(response, {
        ...httpResponse,
        body: bodyOverride ?? HTML_BODY,
        headers: { "content-type": "text/html", ...httpResponse.headers },
      });
      return;
    case "hugeBody":
      return sendHugeBody(exchange, httpResponse);
    case "endlessBody":
      return sendEndlessBody(exchange, httpResponse);
    case "slowBody":
      return sendSlowBody(exchange, { ...httpResponse, body: bodyOverride ?? httpResponse.body }, fault.delayMs);
    default:
      sendResponse(response, httpResponse);
  }
}

/** Plays one fault instead of the normal response. Rejects if the client disconnects or the sandbox closes meanwhile. */
export async function playFault(exchange: Exchange, fault: Fault): Promise<void> {
  const { response, signal } = exchange;
  const delayMs = fault.kind === "slowBody" ? 0 : (fault.delayMs ?? (fault.kind === "delay" ? DEFAULT_DELAY_MS : 0));
  if (delayMs > 0) await sleep(delayMs, undefined, { signal });
  if (fault.kind === "status") {
    sendResponse(response, createErrorResponse(exchange, fault));
    return;
  }
  if (fault.kind === "redirect") {
    sendResponse(response, createRedirect(exchange, fault));
    return;
  }
  const httpResponse = fault.kind.endsWith("BeforeCommit") ? undefined : await exchange.handleRequest();
  if (fault.kind.startsWith("reset")) {
    response.socket?.resetAndDestroy();
  } else if (httpResponse === undefined || fault.kind === "hangAfterCommit") {
    await once(response, "close", { signal });
  } else if (fault.kind === "delay") {
    sendResponse(response, httpResponse);
  } else {
    await sendCorruptedBody(exchange, fault, overrideStatusAndHeaders(httpResponse, fault));
  }
}
