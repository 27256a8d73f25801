export interface AdmissionOptions {
  /** Requests in progress. */
  readonly maxRequests: number;
  /** Total size of the bodies of requests in flight, in bytes. Bounds the memory that requests use. */
  readonly maxTotalBodyBytes: number;
}

/** The capacity that one request uses. */
export interface AdmissionSlot {
  /** Counts a received chunk of the body. Returns false if it exceeds the capacity. */
  readonly receive: (bytes: number) => boolean;
  /** Call when the body is complete. Returns false if too many requests are in progress. */
  readonly start: () => boolean;
  /** Call when the client is slow to read the response: the request can then be evicted. */
  readonly waitForDrain: () => void;
  /** Returns the capacity. Further calls have no effect. */
  readonly release: () => void;
}

/** Limits the number of requests in progress and the memory of their bodies. */
export interface Admission {
  /**
   * Admits a request whose body has the declared size. Returns undefined if there is no capacity. `evict` is called if another
   * request takes over the slot.
   */
  readonly admit: (declaredBytes: number, evict: () => void) => AdmissionSlot | undefined;
  /** Number of admitted requests that have not been released. */
  readonly inFlight: () => number;
}

interface ActiveRequest {
  bytes: number;
  state: "receiving" | "started" | "released";
  readonly evict: () => void;
}

/** The minimum memory that a chunk of a body uses, in bytes. */
const MIN_CHUNK_BYTES = 256;
/** Admits a body of the maximum size that arrives in a few short chunks. */
const SLACK_BYTES = 16 * MIN_CHUNK_BYTES;

/**
 * Load shedding: an immediate refusal of excess requests protects the latency of the others. A request that is still arriving uses
 * only the memory of the bytes received. Without capacity, clients that send or read slowly are evicted, oldest first.
 */
export function createAdmission({ maxRequests, maxTotalBodyBytes }: AdmissionOptions): Admission {
  const capacity = maxTotalBodyBytes + SLACK_BYTES;
  const receiving = new Set<ActiveRequest>();
  const draining = new Set<ActiveRequest>();
  let started = 0;
  let bytes = 0;
  /** Bytes of complete bodies. These cannot be evicted. */
  let startedBytes = 0;

  function remove(request: ActiveRequest): void {
    if (request.state === "released") return;
    if (request.state === "started") {
      started -= 1;
      startedBytes -= request.bytes;
    }
    bytes -= request.bytes;
    receiving.delete(request);
    draining.delete(request);
    request.state = "released";
  }

  function evict(request: ActiveRequest): void {
    remove(request);
    request.evict();
  }

  function ensureRequestCapacity(): boolean {
    const [slowest] = draining;
    if (started >= maxRequests && slowest) evict(slowest);
    return started < maxRequests;
  }

  function ensureByteCapacity(needed: number, request: ActiveRequest): boolean {
    for (const other of receiving) {
      if (bytes + needed <= capacity) break;
      if (other === request) return false; // the request is the oldest one itself
      if (other.bytes > 0) evict(other);
    }
    return bytes + needed <= capacity;
  }

  return {
    admit(declaredBytes, onEvicted) {
      if (startedBytes + declaredBytes > capacity || !ensureRequestCapacity()) return undefined;
      const request: ActiveRequest = { bytes: 0, state: "receiving", evict: onEvicted };
      receiving.add(request);
      return {
        receive(length) {
          const needed = Math.max(length, MIN_CHUNK_BYTES);
          if (request.state !== "receiving" || !ensureByteCapacity(needed, request)) return false;
          bytes += needed;
          request.bytes += needed;
          return true;
        },
        start() {
          if (request.state !== "receiving" || !ensureRequestCapacity()) return false;
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
