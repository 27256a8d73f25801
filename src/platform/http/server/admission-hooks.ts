import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Admission, type AdmissionSlot } from "./admission";
import { sendError } from "./error-response";

declare module "fastify" {
  interface FastifyRequest {
    /** Settles when the work for the request has ended. Until then the request is in flight, even if the client has disconnected. */
    completion: Promise<unknown> | null;
    /** Null for requests that bypass admission, such as health probes. */
    admissionSlot: AdmissionSlot | null;
  }
}

/** A response that the client has not read after this time can be evicted in favor of another request. */
const SLOW_READER_MS = 1000;

/** The declared size of the request body, at most the limit of the route. A chunked body counts as the limit. */
function getDeclaredBodyBytes({ headers, routeOptions }: FastifyRequest): number {
  const maxBodyBytes = routeOptions.bodyLimit;
  if (headers["transfer-encoding"] !== undefined) return maxBodyBytes;
  return Math.min(Number(headers["content-length"] ?? 0), maxBodyBytes);
}

const sendUnavailable = (reply: FastifyReply) => sendError(reply.header("retry-after", "1"), 503, "UNAVAILABLE");

/** Does not wait for the rest of the request body. */
function sendUnavailableAndClose(reply: FastifyReply): void {
  if (!reply.sent) sendUnavailable(reply.header("connection", "close"));
  else reply.raw.destroy();
}

const slowReaderTimers = new WeakMap<FastifyReply, NodeJS.Timeout>();

/** Counts a request until its work has ended and its response is closed. Without capacity, returns the refusal. */
export function acquireAdmissionSlot(
  request: FastifyRequest,
  reply: FastifyReply,
  admission: Admission,
): FastifyReply | undefined {
  const admissionSlot = admission.admit(getDeclaredBodyBytes(request), () => {
    sendUnavailableAndClose(reply);
  });
  if (!admissionSlot) return sendUnavailable(reply);
  request.admissionSlot = admissionSlot;
  reply.raw.once("close", () => {
    clearTimeout(slowReaderTimers.get(reply));
    void Promise.allSettled([request.completion]).then(admissionSlot.release);
  });
  return undefined;
}

function hasBody({ method, headers }: FastifyRequest): boolean {
  if (method === "GET" || method === "HEAD" || method === "TRACE") return false; // the server does not read it
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

/** Counts the bytes of request bodies as they arrive, and refuses requests that exceed the capacity. */
export function registerAdmissionHooks(server: FastifyInstance): void {
  server.decorateRequest("completion", null);
  server.decorateRequest("admissionSlot", null);
  server.addHook("preParsing", (...[request, reply, , done]) => {
    const { admissionSlot } = request;
    if (admissionSlot && hasBody(request)) {
      request.raw.on("data", ({ length }: Buffer) => {
        if (!reply.sent && !admissionSlot.receive(length)) sendUnavailableAndClose(reply);
      });
    }
    done();
  });
  server.addHook("preValidation", (request, reply, done) => {
    if (request.admissionSlot && !reply.sent && !request.admissionSlot.start()) sendUnavailable(reply);
    else done();
  });
  server.addHook("onSend", (...[request, reply, , done]) => {
    const { admissionSlot } = request;
    if (admissionSlot) slowReaderTimers.set(reply, setTimeout(admissionSlot.waitForDrain, SLOW_READER_MS).unref());
    done();
  });
}
