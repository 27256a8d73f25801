import { lookup as systemLookup } from "node:dns";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { type LookupFunction } from "node:net";
import { type CallbackTarget, canConnectTo } from "./callback-addresses";

/** A message to a router's callback endpoint. https://www.apollographql.com/docs/router/executing-operations/subscription-callback-protocol */
export interface CallbackMessage {
  readonly kind: "subscription";
  readonly action: "check" | "next" | "complete";
  readonly id: string;
  readonly verifier: string;
  readonly payload?: unknown;
  readonly errors?: unknown;
}

export const CALLBACK_PROTOCOL_HEADERS = { "subscription-protocol": "callback/1.0" } as const;

/** The host name resolves to an address that must not be connected to. */
export class AddressNotAllowed extends Error {
  override readonly name = "AddressNotAllowed";
}

export interface CallbackClientOptions {
  /** For one message, including connection and response. */
  readonly timeoutMs: number;
  /** Resolves host names. Default: `dns.lookup`. */
  readonly lookup?: typeof systemLookup;
}

/** Only the status of a response is used. Its body is discarded, up to this size. */
const MAX_RESPONSE_BYTES = 16 * 1024;
const MAX_SOCKETS_PER_HOST = 32;

/** Resolves a name once and checks the addresses that the connection uses, so that DNS cannot change in between. */
function createCheckedLookup(lookup: typeof systemLookup, isPrivateAllowed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, "");
        return;
      }
      const [first] = addresses;
      const canConnect = addresses.every(({ address }) => canConnectTo(address, isPrivateAllowed));
      if (!first || !canConnect) callback(new AddressNotAllowed("the address is not allowed"), "");
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

async function readStatus(response: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_RESPONSE_BYTES) break; // closes the connection
  }
  return response.statusCode ?? 0;
}

interface RequestOptions {
  readonly signal: AbortSignal;
  /** `false`: a new connection, for this request only. */
  readonly agent?: false;
}

export type CallbackClient = ReturnType<typeof createCallbackClient>;

/** Sends messages to routers. Node's client does not follow redirects. */
export function createCallbackClient({ timeoutMs, lookup = systemLookup }: CallbackClientOptions) {
  const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST };
  const agents = { "http:": new http.Agent(agentOptions), "https:": new https.Agent(agentOptions) };

  /** A router may close an idle connection just when it is used again: the message is then sent once more, on a new connection. */
  function post({ url, isPrivateAllowed }: CallbackTarget, body: string, options: RequestOptions): Promise<number> {
    const isSecure = url.protocol === "https:";
    const agent = agents[isSecure ? "https:" : "http:"];
    return new Promise((resolve, reject) => {
      const request = (isSecure ? https : http).request(url, {
        method: "POST",
        agent,
        lookup: createCheckedLookup(lookup, isPrivateAllowed),
        headers: {
          ...CALLBACK_PROTOCOL_HEADERS,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        },
        ...options,
      });
      request.once("response", (response) => {
        readStatus(response).then(resolve, reject);
      });
      request.once("error", (error) => {
        if (request.reusedSocket && !options.signal.aborted)
          post({ url, isPrivateAllowed }, body, { ...options, agent: false }).then(resolve, reject);
        else reject(error);
      });
      request.end(body);
    });
  }

  return {
    /** Returns the status of the response. Rejects if there is none before the timeout. */
    send: (target: CallbackTarget, message: CallbackMessage): Promise<number> =>
      post(target, JSON.stringify(message), { signal: AbortSignal.timeout(timeoutMs) }),
    /** Closes every connection. */
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
