import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Clock } from "./clock";
import { handleControlRequest, CONTROL_PREFIX, type ControlContext } from "./control-endpoints";
import { type Exchange, sendResponse } from "./exchange";
import { playFault, REDIRECTED_PATH } from "./play-fault";
import { FaultQueue } from "./fault-queue";
import { readBody } from "./request-body";
import { RequestLog } from "./request-log";
import { type SnapshotStore } from "./state-file";
import { type Vendor } from "./vendor";

export interface RunningServer {
  readonly url: string;
  /** Closes the server immediately, and destroys open, idle and hanging connections. */
  close(): Promise<void>;
}

/** The calls that wait because of a fault. */
class FaultScope {
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
  readonly #snapshots: SnapshotStore | undefined;
  #savedSnapshot = "";
  #faultScope = new FaultScope();
  #origin = "";

  constructor(vendor: Vendor, clock: Clock, snapshots: SnapshotStore | undefined) {
    this.#snapshots = snapshots;
    this.#context = {
      vendor,
      clock,
      log: new RequestLog(),
      faults: new FaultQueue(vendor.basePath),
      reset: () => {
        this.#reset();
      },
      abortFaults: () => {
        this.#abortFaults();
      },
    };
    if (snapshots === undefined) return;
    this.#restore(snapshots);
    this.#savedSnapshot = this.#takeSnapshot();
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
        this.#faultScope.end();
        this.#context.vendor.close?.();
        server.closeAllConnections();
        return closed;
      };
      resolve({ url: this.#origin, close });
    });
    return promise;
  }

  #abortFaults(): void {
    this.#context.faults.clear();
    this.#faultScope.end();
    this.#faultScope = new FaultScope();
  }

  #reset(): void {
    const { clock, log, vendor } = this.#context;
    this.#abortFaults();
    log.clear();
    vendor.reset(clock.reset());
  }

  #restore(snapshots: SnapshotStore): void {
    const { clock, vendor } = this.#context;
    const snapshot = snapshots.load();
    if (snapshot === undefined) return;
    const { clockOffsetMs, ...state } = snapshot;
    const isRestored =
      typeof clockOffsetMs === "number" && clock.set(Date.now() + clockOffsetMs) && vendor.restore(state);
    if (!isRestored) throw snapshots.createShapeError();
  }

  #takeSnapshot(): string {
    const { clock, vendor } = this.#context;
    return JSON.stringify({ clockOffsetMs: clock.offsetMs, ...vendor.snapshot() });
  }

  /** Called before each response to a request that can have changed the state, so that what a client knows survives a `kill -9`. */
  #saveState(): void {
    if (this.#snapshots === undefined) return;
    const snapshot = this.#takeSnapshot();
    if (snapshot === this.#savedSnapshot) return;
    this.#snapshots.save(snapshot);
    this.#savedSnapshot = snapshot;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const faultScope = this.#faultScope;
    try {
      const url = request.url ?? "/";
      const query = url.indexOf("?");
      const path = query === -1 ? url : url.slice(0, query);
      // The log contains followed redirects, but no control calls.
      if (path.startsWith(CONTROL_PREFIX) && path !== REDIRECTED_PATH) {
        await this.#handleControl(request, response, path.slice(CONTROL_PREFIX.length));
      } else {
        await this.#handleVendor(request, response, { path, url, signal: faultScope.signal });
      }
    } catch {
      // The client disconnected, the faults were removed or the sandbox was closed during the wait, the state cannot be stored, or the simulation has
      // a bug.
      const isAborted = faultScope.signal.aborted || response.headersSent || response.destroyed;
      if (isAborted) response.destroy();
      else sendResponse(response, this.#context.vendor.gatewayError(500, "the sandbox failed"));
    }
  }

  async #handleControl(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    if (request.headers.origin !== undefined) {
      // Only browsers send it: a page could otherwise move the clock or have events sent to itself.
      sendResponse(response, this.#context.vendor.gatewayError(403, "pages must not control the sandbox"));
      return;
    }
    const body = hasBody(request) ? await readBody(request) : { text: "" };
    if (body === "too large") {
      sendResponse(response, this.#context.vendor.gatewayError(413, "the body is too large"));
      return;
    }
    const method = request.method ?? "";
    const httpResponse = await handleControlRequest(this.#context, `${method} ${name}`, body.text);
    if (method !== "GET") this.#saveState();
    sendResponse(response, httpResponse);
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
    const handleRequest: Exchange["handleRequest"] = async () => {
      const httpResponse = await vendor.handle({ method, path, headers, body: loggedRequest.body });
      if (method !== "GET") this.#saveState();
      return httpResponse;
    };
    const fault = faults.takeMatching(method, path);
    if (fault === undefined) sendResponse(response, await handleRequest());
    else
      await playFault(
        { response, signal, handleRequest, origin: this.#origin, gatewayError: vendor.gatewayError },
        fault,
      );
  }
}

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Without it, the vendor starts from its seeds. */
  readonly snapshots: SnapshotStore | undefined;
}

/** Throws `UnreadableStateFile` for a snapshot that cannot be restored. */
export async function startServer(
  vendor: Vendor,
  clock: Clock,
  { host, port, snapshots }: ServerOptions,
): Promise<RunningServer> {
  return await new SandboxServer(vendor, clock, snapshots).listen(host, port);
}
