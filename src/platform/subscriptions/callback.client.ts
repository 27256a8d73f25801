import { lookup as systemLookup } from "node:dns";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { type LookupFunction } from "node:net";
import { type CallbackTarget, mayConnectTo } from "./callback-addresses";

/** What a router's callback endpoint is sent. https://www.apollographql.com/docs/router/executing-operations/subscription-callback-protocol */
export interface CallbackMessage {
  readonly kind: "subscription";
  readonly action: "check" | "next" | "complete";
  readonly id: string;
  readonly verifier: string;
  readonly payload?: unknown;
  readonly errors?: unknown;
}

export const CALLBACK_PROTOCOL = { "subscription-protocol": "callback/1.0" } as const;

/** The name stands for an address that may not be connected to. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

export interface CallbackClientOptions {
  /** For one message, its connection and answer included. */
  readonly timeoutMs: number;
  /** Resolves names; as `dns.lookup`. */
  readonly lookup?: typeof systemLookup;
}

/** An answer says all in its status; what more it says is thrown away, and not read without end. */
const MAX_ANSWER_BYTES = 16 * 1024;
const SOCKETS_PER_HOST = 32;

/** What is checked is what is connected to: the name is resolved here once, and by nobody after that. */
function checkedLookup(lookup: typeof systemLookup, mayBePrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, "");
        return;
      }
      const [first] = addresses;
      const mayConnect = addresses.every(({ address }) => mayConnectTo(address, mayBePrivate));
      if (!first || !mayConnect) callback(new AddressRefused("not an address to connect to"), "");
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

async function statusOf(answer: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ANSWER_BYTES) break; // and its connection is of no more use
  }
  return answer.statusCode ?? 0;
}

export type CallbackClient = ReturnType<typeof createCallbackClient>;

/** Sends messages to routers. Follows no redirect: Node's own client does not. */
export function createCallbackClient({ timeoutMs, lookup = systemLookup }: CallbackClientOptions) {
  const agents = { keepAlive: true, maxSockets: SOCKETS_PER_HOST };
  const agentOf = { "http:": new http.Agent(agents), "https:": new https.Agent(agents) };
  return {
    /** The status that the endpoint answered with. Throws where there was none, or not in time. */
    send({ url, mayBePrivate }: CallbackTarget, message: CallbackMessage): Promise<number> {
      const body = JSON.stringify(message);
      const isSecure = url.protocol === "https:";
      return new Promise((resolve, reject) => {
        const request = (isSecure ? https : http).request(url, {
          method: "POST",
          agent: agentOf[isSecure ? "https:" : "http:"],
          lookup: checkedLookup(lookup, mayBePrivate),
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            ...CALLBACK_PROTOCOL,
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          },
        });
        request.once("response", (answer) => {
          statusOf(answer).then(resolve, reject);
        });
        request.once("error", reject);
        request.end(body);
      });
    },
    /** Closes every connection. */
    close() {
      for (const agent of Object.values(agentOf)) agent.destroy();
    },
  };
}
