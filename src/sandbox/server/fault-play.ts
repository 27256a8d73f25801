import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer } from "./answer";
import { type Exchange, send } from "./exchange";
import { type Fault } from "./fault";
import { sendEndlessBody, sendHugeBody, sendSlowBody, sendTruncatedBody } from "./spoilt-body";

export const REDIRECTED_PATH = "/__sandbox/redirected";

const DELAY_MS = 1_000;
const HTML = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>";
const OTHER_SHAPE = { unexpected: { shape: [1, "two", null] } };

function bodyText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** Text that frames well and parses badly: the last character gives way to two that close nothing. */
function broken(json: string): string {
  return `${json.slice(0, -1)},]`;
}

function withStatusAndHeaders(answer: Answer, fault: Fault): Answer {
  return {
    status: fault.status ?? answer.status,
    body: answer.body,
    headers: { ...answer.headers, ...fault.headers },
  };
}

function refusal(exchange: Exchange, fault: Fault): Answer {
  const status = fault.status ?? 500;
  const told = exchange.gatewayError(status, "a fault of the sandbox");
  return withStatusAndHeaders(fault.body === undefined ? told : { ...told, body: bodyText(fault.body) }, fault);
}

function redirection(exchange: Exchange, fault: Fault): Answer {
  const location = `${exchange.origin}${REDIRECTED_PATH}`;
  const given = Object.keys(fault.headers ?? {}).some((name) => name.toLowerCase() === "location");
  return {
    status: fault.status ?? 302,
    body: fault.body === undefined ? "" : bodyText(fault.body),
    headers: { ...(given ? {} : { location }), ...fault.headers },
  };
}

/** The effect has happened; what is told about it is spoilt. */
async function playSpoiltBody(exchange: Exchange, fault: Fault, answer: Answer): Promise<void> {
  const { response } = exchange;
  const told = fault.body === undefined ? undefined : bodyText(fault.body);
  switch (fault.kind) {
    case "truncatedBody":
      sendTruncatedBody(response, { ...answer, body: told ?? answer.body });
      return;
    case "malformedJson":
      send(response, { ...answer, body: told ?? broken(answer.body) });
      return;
    case "wrongShape":
      send(response, { ...answer, body: told ?? JSON.stringify(OTHER_SHAPE) });
      return;
    case "emptyBody":
      send(response, { ...answer, body: "" });
      return;
    case "htmlBody":
      send(response, { ...answer, body: told ?? HTML, headers: { "content-type": "text/html", ...answer.headers } });
      return;
    case "hugeBody":
      return sendHugeBody(exchange, answer);
    case "endlessBody":
      return sendEndlessBody(exchange, answer);
    case "slowBody":
      return sendSlowBody(exchange, { ...answer, body: told ?? answer.body }, fault.delayMs);
    default:
      send(response, answer);
  }
}

/** Plays one fault in place of the plain answer. Rejects when the client or the sandbox goes away meanwhile. */
export async function playFault(exchange: Exchange, fault: Fault): Promise<void> {
  const { response, signal } = exchange;
  const waitMs = fault.kind === "slowBody" ? 0 : (fault.delayMs ?? (fault.kind === "delay" ? DELAY_MS : 0));
  if (waitMs > 0) await sleep(waitMs, undefined, { signal });
  if (fault.kind === "status") {
    send(response, refusal(exchange, fault));
    return;
  }
  if (fault.kind === "redirect") {
    send(response, redirection(exchange, fault));
    return;
  }
  const answer = fault.kind.endsWith("BeforeCommit") ? undefined : await exchange.work();
  if (fault.kind.startsWith("reset")) {
    response.socket?.resetAndDestroy();
  } else if (answer === undefined || fault.kind === "hangAfterCommit") {
    await once(response, "close", { signal });
  } else if (fault.kind === "delay") {
    send(response, answer);
  } else {
    await playSpoiltBody(exchange, fault, withStatusAndHeaders(answer, fault));
  }
}
