import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Admission, type AdmissionSlot } from "./admission";
import { sendError } from "./error-response";

declare module "fastify" {
  interface FastifyRequest {
    /** What is done for a request beyond its connection: it is under way until this has ended, even if its client went away. */
    completion: Promise<unknown> | null;
    /** Where requests are counted, the room it takes. */
    admissionSlot: AdmissionSlot | null;
  }
}

/** An answer that has not been read for so long makes room for another request, where there is none. */
const SLOW_READER_MS = 1000;

/** How much of a request's body will be held in memory; one of unknown length may be as long as any. */
function getAnnouncedBodyBytes({ headers, routeOptions }: FastifyRequest): number {
  const maxBodyBytes = routeOptions.bodyLimit;
  if (headers["transfer-encoding"] !== undefined) return maxBodyBytes;
  return Math.min(Number(headers["content-length"] ?? 0), maxBodyBytes);
}

const sendUnavailable = (reply: FastifyReply) => sendError(reply.header("retry-after", "1"), 503, "UNAVAILABLE");

/** The rest of its body is not waited for. */
function sendUnavailableAndClose(reply: FastifyReply): void {
  if (!reply.sent) sendUnavailable(reply.header("connection", "close"));
  else reply.raw.destroy();
}

const slowReaderTimers = new WeakMap<FastifyReply, NodeJS.Timeout>();

/** Counts a request until its work is done and its answer is sent, also when its client has gone; the refusal, if there is no room. */
export function acquireAdmissionSlot(
  request: FastifyRequest,
  reply: FastifyReply,
  admission: Admission,
): FastifyReply | undefined {
  const admissionSlot = admission.admit(getAnnouncedBodyBytes(request), () => {
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
  if (method === "GET" || method === "HEAD" || method === "TRACE") return false; // nothing of it is read
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

/** Counts bodies as they arrive, and lets no more requests begin than there is room for. */
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
