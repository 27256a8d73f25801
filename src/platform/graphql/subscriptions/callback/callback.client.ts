import { lookup as systemLookup } from "node:dns";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { type LookupFunction } from "node:net";
import { type CallbackTarget, canConnectTo } from "./callback-addresses";

/** What a router's callback endpoint is sent. https://www.apollographql.com/docs/router/executing-operations/subscription-callback-protocol */
export interface CallbackMessage {
  readonly kind: "subscription";
  readonly action: "check" | "next" | "complete";
  readonly id: string;
  readonly verifier: string;
  readonly payload?: unknown;
  readonly errors?: unknown;
}

export const CALLBACK_PROTOCOL_HEADERS = { "subscription-protocol": "callback/1.0" } as const;

/** The name stands for an address that may not be connected to. */
export class AddressNotAllowed extends Error {
  override readonly name = "AddressNotAllowed";
}

export interface CallbackClientOptions {
  /** For one message, its connection and answer included. */
  readonly timeoutMs: number;
  /** Resolves names; as `dns.lookup`. */
  readonly lookup?: typeof systemLookup;
}

/** An answer says all in its status; what more it says is thrown away, and not read without end. */
const MAX_RESPONSE_BYTES = 16 * 1024;
const MAX_SOCKETS_PER_HOST = 32;

/** What is checked is what is connected to: the name is resolved here once, and by nobody after that. */
function createCheckedLookup(lookup: typeof systemLookup, isPrivateAllowed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, "");
        return;
      }
      const [first] = addresses;
      const canConnect = addresses.every(({ address }) => canConnectTo(address, isPrivateAllowed));
      if (!first || !canConnect) callback(new AddressNotAllowed("not an address to connect to"), "");
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

async function readStatus(response: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_RESPONSE_BYTES) break; // and its connection is of no more use
  }
  return response.statusCode ?? 0;
}

export type CallbackClient = ReturnType<typeof createCallbackClient>;

/** Sends messages to routers. Follows no redirect: Node's own client does not. */
export function createCallbackClient({ timeoutMs, lookup = systemLookup }: CallbackClientOptions) {
  const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST };
  const agents = { "http:": new http.Agent(agentOptions), "https:": new https.Agent(agentOptions) };
  return {
    /** The status that the endpoint answered with. Throws where there was none, or not in time. */
    send({ url, isPrivateAllowed }: CallbackTarget, message: CallbackMessage): Promise<number> {
      const body = JSON.stringify(message);
      const isSecure = url.protocol === "https:";
      return new Promise((resolve, reject) => {
        const request = (isSecure ? https : http).request(url, {
          method: "POST",
          agent: agents[isSecure ? "https:" : "http:"],
          lookup: createCheckedLookup(lookup, isPrivateAllowed),
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            ...CALLBACK_PROTOCOL_HEADERS,
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          },
        });
        request.once("response", (response) => {
          readStatus(response).then(resolve, reject);
        });
        request.once("error", reject);
        request.end(body);
      });
    },
    /** Closes every connection. */
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
