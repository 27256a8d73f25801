import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Admission, type Place } from "../limits/admission";
import { refuse } from "./refusal";

declare module "fastify" {
  interface FastifyRequest {
    /** What is done for a request beyond its connection: it is under way until this has ended, even if its client went away. */
    work: Promise<unknown> | null;
    /** Where requests are counted, the room it takes. */
    place: Place | null;
  }
}

/** An answer that has not been read for so long makes room for another request, where there is none. */
const SLOW_READER_MS = 1000;

/** How much of a request's body will be held in memory; one of unknown length may be as long as any. */
function bodyBytesOf({ headers, routeOptions }: FastifyRequest): number {
  const maxBodyBytes = routeOptions.bodyLimit;
  if (headers["transfer-encoding"] !== undefined) return maxBodyBytes;
  return Math.min(Number(headers["content-length"] ?? 0), maxBodyBytes);
}

const refuseUnavailable = (reply: FastifyReply) => refuse(reply.header("retry-after", "1"), 503, "UNAVAILABLE");

/** The rest of its body is not waited for. */
function refuseAndClose(reply: FastifyReply): void {
  if (!reply.sent) refuseUnavailable(reply.header("connection", "close"));
  else reply.raw.destroy();
}

const slowReaders = new WeakMap<FastifyReply, NodeJS.Timeout>();

/** Counts a request until its work is done and its answer is sent, also when its client has gone; the refusal, if there is no room. */
export function takePlace(
  request: FastifyRequest,
  reply: FastifyReply,
  admission: Admission,
): FastifyReply | undefined {
  const place = admission.enter(bodyBytesOf(request), () => {
    refuseAndClose(reply);
  });
  if (!place) return refuseUnavailable(reply);
  request.place = place;
  reply.raw.once("close", () => {
    clearTimeout(slowReaders.get(reply));
    void Promise.allSettled([request.work]).then(place.leave);
  });
  return undefined;
}

function hasBody({ method, headers }: FastifyRequest): boolean {
  if (method === "GET" || method === "HEAD" || method === "TRACE") return false; // nothing of it is read
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

/** Counts bodies as they arrive, and lets no more requests begin than there is room for. */
export function registerPlaces(server: FastifyInstance): void {
  server.decorateRequest("work", null);
  server.decorateRequest("place", null);
  server.addHook("preParsing", (...[request, reply, , done]) => {
    const { place } = request;
    if (place && hasBody(request)) {
      request.raw.on("data", ({ length }: Buffer) => {
        if (!reply.sent && !place.receive(length)) refuseAndClose(reply);
      });
    }
    done();
  });
  server.addHook("preValidation", (request, reply, done) => {
    if (request.place && !reply.sent && !request.place.start()) refuseUnavailable(reply);
    else done();
  });
  server.addHook("onSend", (...[request, reply, , done]) => {
    const { place } = request;
    if (place) slowReaders.set(reply, setTimeout(place.waitForReader, SLOW_READER_MS).unref());
    done();
  });
}
