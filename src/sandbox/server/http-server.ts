import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Clock } from "./clock";
import { control, CONTROL_PREFIX, type Controls } from "./control";
import { type Exchange, send } from "./exchange";
import { playFault, REDIRECTED_PATH } from "./fault-play";
import { FaultQueue } from "./fault-queue";
import { readBody } from "./request-body";
import { RequestLog } from "./request-log";
import { type Vendor } from "./vendor";

export interface RunningServer {
  readonly url: string;
  /** Ends at once: open, idle and hanging connections are destroyed. */
  close(): Promise<void>;
}

class Generation {
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;

  constructor() {
    // Every waiting request listens; a benchmark has many.
    setMaxListeners(0, this.signal);
  }

  end(): void {
    this.#controller.abort();
  }
}

function mayHaveBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** One simulated vendor behind HTTP: request log, then faults, then the vendor; control endpoints beside them. */
class SandboxServer {
  readonly #controls: Controls;
  #generation = new Generation();
  #origin = "";

  constructor(vendor: Vendor, clock: Clock) {
    this.#controls = {
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
    // An idle connection stays open: a client that reuses it must never lose a race against a timeout of ours.
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      void this.#answer(request, response);
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
        this.#generation.end();
        this.#controls.vendor.close?.();
        server.closeAllConnections();
        return closed;
      };
      resolve({ url: this.#origin, close });
    });
    return promise;
  }

  #reset(): void {
    const { clock, faults, log, vendor } = this.#controls;
    this.#generation.end();
    this.#generation = new Generation();
    faults.clear();
    log.clear();
    vendor.reset(clock.reset());
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const generation = this.#generation;
    try {
      const url = request.url ?? "/";
      const query = url.indexOf("?");
      const path = query === -1 ? url : url.slice(0, query);
      // A redirect that was followed is worth seeing in the log, unlike a control call.
      if (path.startsWith(CONTROL_PREFIX) && path !== REDIRECTED_PATH) {
        await this.#answerControl(request, response, path.slice(CONTROL_PREFIX.length));
      } else {
        await this.#answerVendor(request, response, { path, url, signal: generation.signal });
      }
    } catch {
      // Either the client went away, or the sandbox was reset or closed while this request was waiting, or a vendor has a bug.
      const isOver = generation.signal.aborted || response.headersSent || response.destroyed;
      if (isOver) response.destroy();
      else send(response, this.#controls.vendor.gatewayError(500, "the sandbox failed"));
    }
  }

  async #answerControl(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const body = mayHaveBody(request) ? await readBody(request) : { text: "" };
    if (body === "too large") send(response, this.#controls.vendor.gatewayError(413, "the body is too large"));
    else send(response, control(this.#controls, `${request.method ?? ""} ${name}`, body.text));
  }

  async #answerVendor(
    request: IncomingMessage,
    response: ServerResponse,
    { path, url, signal }: { path: string; url: string; signal: AbortSignal },
  ): Promise<void> {
    const { clock, faults, log, vendor } = this.#controls;
    const method = request.method ?? "";
    const { headers } = request;
    const row = log.add({ method, path: url, headers, body: "", atMs: clock.nowMs() });
    if (mayHaveBody(request)) {
      const body = await readBody(request);
      if (body === "too large") {
        send(response, vendor.gatewayError(413, "the body is too large"));
        return;
      }
      row.body = body.text;
    }
    if (path === REDIRECTED_PATH) {
      send(response, { status: 200, body: '{"redirected":true}' });
      return;
    }
    const work: Exchange["work"] = () => vendor.handle({ method, path, headers, body: row.body });
    const fault = faults.take(method, path);
    if (fault === undefined) send(response, await work());
    else await playFault({ response, signal, work, origin: this.#origin, gatewayError: vendor.gatewayError }, fault);
  }
}

export function startServer(
  vendor: Vendor,
  clock: Clock,
  where: { host: string; port: number },
): Promise<RunningServer> {
  return new SandboxServer(vendor, clock).listen(where.host, where.port);
}
