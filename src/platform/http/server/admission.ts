export interface AdmissionOptions {
  /** Requests under way at once. */
  readonly maxRequests: number;
  /** Bytes of all request bodies under way at once: what bounds the memory that requests can take. */
  readonly maxTotalBodyBytes: number;
}

/** The room that one request takes. */
export interface AdmissionSlot {
  /** Counts a part of its body that has arrived; false where there is no room for it. */
  readonly receive: (bytes: number) => boolean;
  /** Its body has arrived, and work on it may begin; false where there is no room for it. */
  readonly start: () => boolean;
  /** Its answer waits for a client that is slow to read it. */
  readonly waitForDrain: () => void;
  /** Gives it back; once. */
  readonly release: () => void;
}

/** Counts what is under way, and says when it is enough. */
export interface Admission {
  /**
   * Lets one request in whose body will have so many bytes; undefined where there is no room for it. `evict` ends it, where its place
   * is given to another one.
   */
  readonly admit: (declaredBytes: number, evict: () => void) => AdmissionSlot | undefined;
  /** Requests that were let in and not out. */
  readonly inFlight: () => number;
}

interface ActiveRequest {
  bytes: number;
  state: "receiving" | "started" | "left";
  readonly evict: () => void;
}

/** What a part of a body takes in memory at least, however few bytes it has. */
const MIN_CHUNK_BYTES = 256;
/** A body of just the bytes that there is room for may have a few such parts. */
const SLACK_BYTES = 16 * MIN_CHUNK_BYTES;

/**
 * Refusing at once what cannot be served in time keeps the latency of what is served. A client that is slow to send takes up only the
 * memory of what it has sent, and one that is slow to send or to read makes room, the oldest first, where there is none.
 */
export function createAdmission({ maxRequests, maxTotalBodyBytes }: AdmissionOptions): Admission {
  const capacity = maxTotalBodyBytes + SLACK_BYTES;
  const receiving = new Set<ActiveRequest>();
  const draining = new Set<ActiveRequest>();
  let started = 0;
  let bytes = 0;
  /** Those of bodies that have arrived: they make no room. */
  let startedBytes = 0;

  function remove(request: ActiveRequest): void {
    if (request.state === "left") return;
    if (request.state === "started") {
      started -= 1;
      startedBytes -= request.bytes;
    }
    bytes -= request.bytes;
    receiving.delete(request);
    draining.delete(request);
    request.state = "left";
  }

  function evict(request: ActiveRequest): void {
    remove(request);
    request.evict();
  }

  function makeRoomForRequest(): boolean {
    const [slowest] = draining;
    if (started >= maxRequests && slowest) evict(slowest);
    return started < maxRequests;
  }

  function makeRoomForBytes(needed: number, request: ActiveRequest): boolean {
    for (const other of receiving) {
      if (bytes + needed <= capacity) break;
      if (other === request) return false; // it is the slowest itself
      if (other.bytes > 0) evict(other);
    }
    return bytes + needed <= capacity;
  }

  return {
    admit(declaredBytes, onEvicted) {
      if (startedBytes + declaredBytes > capacity || !makeRoomForRequest()) return undefined;
      const request: ActiveRequest = { bytes: 0, state: "receiving", evict: onEvicted };
      receiving.add(request);
      return {
        receive(length) {
          const needed = Math.max(length, MIN_CHUNK_BYTES);
          if (request.state !== "receiving" || !makeRoomForBytes(needed, request)) return false;
          bytes += needed;
          request.bytes += needed;
          return true;
        },
        start() {
          if (request.state !== "receiving" || !makeRoomForRequest()) return false;
          receiving.delete(request);
          request.state = "started";
          started += 1;
          startedBytes += request.bytes;
          return true;
        },
        waitForDrain() {
          if (request.state === "started") draining.add(request);
        },
        release() {
          remove(request);
        },
      };
    },
    inFlight: () => started + receiving.size,
  };
}
