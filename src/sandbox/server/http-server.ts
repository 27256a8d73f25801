import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Clock } from "./clock";
import { handleControlRequest, CONTROL_PREFIX, type ControlContext } from "./control-endpoints";
import { type Exchange, sendResponse } from "./exchange";
import { playFault, REDIRECTED_PATH } from "./play-fault";
import { FaultQueue } from "./fault-queue";
import { readBody } from "./request-body";
import { RequestLog } from "./request-log";
import { type Vendor } from "./vendor";

export interface RunningServer {
  readonly url: string;
  /** Closes the server immediately, and destroys open, idle and hanging connections. */
  close(): Promise<void>;
}

class ResetScope {
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;

  constructor() {
    // Every waiting request adds a listener; a benchmark has many.
    setMaxListeners(0, this.signal);
  }

  end(): void {
    this.#controller.abort();
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** Serves one simulated vendor: request log, then faults, then the vendor. Control endpoints bypass all three. */
class SandboxServer {
  readonly #context: ControlContext;
  #resetScope = new ResetScope();
  #origin = "";

  constructor(vendor: Vendor, clock: Clock) {
    this.#context = {
      vendor,
      clock,
      log: new RequestLog(),
      faults: new FaultQueue(vendor.basePath),
      reset: () => {
        this.#reset();
      },
    };
  }

  listen(host: string, port: number): Promise<RunningServer> {
    // Idle connections stay open, so that a client that reuses one does not race with a timeout.
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      void this.#handle(request, response);
    });
    const { promise, resolve, reject } = Promise.withResolvers<RunningServer>();
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      const boundPort = typeof address === "object" && address !== null ? address.port : port;
      this.#origin = `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`;
      const close = (): Promise<void> => {
        const closed = new Promise<void>((done) => {
          server.close(() => {
            done();
          });
        });
        this.#resetScope.end();
        this.#context.vendor.close?.();
        server.closeAllConnections();
        return closed;
      };
      resolve({ url: this.#origin, close });
    });
    return promise;
  }

  #reset(): void {
    const { clock, faults, log, vendor } = this.#context;
    this.#resetScope.end();
    this.#resetScope = new ResetScope();
    faults.clear();
    log.clear();
    vendor.reset(clock.reset());
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const resetScope = this.#resetScope;
    try {
      const url = request.url ?? "/";
      const query = url.indexOf("?");
      const path = query === -1 ? url : url.slice(0, query);
      // The log contains followed redirects, but no control calls.
      if (path.startsWith(CONTROL_PREFIX) && path !== REDIRECTED_PATH) {
        await this.#handleControl(request, response, path.slice(CONTROL_PREFIX.length));
      } else {
        await this.#handleVendor(request, response, { path, url, signal: resetScope.signal });
      }
    } catch {
      // The client disconnected, the sandbox was reset or closed during the wait, or the simulation has a bug.
      const isAborted = resetScope.signal.aborted || response.headersSent || response.destroyed;
      if (isAborted) response.destroy();
      else sendResponse(response, this.#context.vendor.gatewayError(500, "the sandbox failed"));
    }
  }

  async #handleControl(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const body = hasBody(request) ? await readBody(request) : { text: "" };
    if (body === "too large") sendResponse(response, this.#context.vendor.gatewayError(413, "the body is too large"));
    else sendResponse(response, handleControlRequest(this.#context, `${request.method ?? ""} ${name}`, body.text));
  }

  async #handleVendor(
    request: IncomingMessage,
    response: ServerResponse,
    { path, url, signal }: { path: string; url: string; signal: AbortSignal },
  ): Promise<void> {
    const { clock, faults, log, vendor } = this.#context;
    const method = request.method ?? "";
    const { headers } = request;
    const loggedRequest = log.add({ method, path: url, headers, body: "", atMs: clock.nowMs(), isAborted: false });
    response.once("close", () => {
      loggedRequest.isAborted = !response.writableFinished;
    });
    if (hasBody(request)) {
      const body = await readBody(request);
      if (body === "too large") {
        sendResponse(response, vendor.gatewayError(413, "the body is too large"));
        return;
      }
      loggedRequest.body = body.text;
    }
    if (path === REDIRECTED_PATH) {
      sendResponse(response, { status: 200, body: '{"redirected":true}' });
      return;
    }
    const handleRequest: Exchange["handleRequest"] = () =>
      vendor.handle({ method, path, headers, body: loggedRequest.body });
    const fault = faults.takeMatching(method, path);
    if (fault === undefined) sendResponse(response, await handleRequest());
    else
      await playFault(
        { response, signal, handleRequest, origin: this.#origin, gatewayError: vendor.gatewayError },
        fault,
      );
  }
}

export function startServer(
  vendor: Vendor,
  clock: Clock,
  listenOptions: { host: string; port: number },
): Promise<RunningServer> {
  return new SandboxServer(vendor, clock).listen(listenOptions.host, listenOptions.port);
}
