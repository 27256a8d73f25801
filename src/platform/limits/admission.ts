export interface AdmissionOptions {
  /** Requests under way at once. */
  readonly maxRequests: number;
  /** Bytes of all request bodies under way at once: what bounds the memory that requests can take. */
  readonly maxBodiesBytes: number;
}

/** The room that one request takes. */
export interface Place {
  /** Counts a part of its body that has arrived; false where there is no room for it. */
  readonly receive: (bytes: number) => boolean;
  /** Its body has arrived, and work on it may begin; false where there is no room for it. */
  readonly start: () => boolean;
  /** Its answer waits for a client that is slow to read it. */
  readonly waitForReader: () => void;
  /** Gives it back; once. */
  readonly leave: () => void;
}

/** Counts what is under way, and says when it is enough. */
export interface Admission {
  /**
   * Lets one request in whose body will have so many bytes; undefined where there is no room for it. `evict` ends it, where its place
   * is given to another one.
   */
  readonly enter: (announcedBytes: number, evict: () => void) => Place | undefined;
  /** Requests that were let in and not out. */
  readonly underWay: () => number;
}

interface Occupant {
  bytes: number;
  state: "receiving" | "started" | "left";
  readonly evict: () => void;
}

/** What a part of a body takes in memory at least, however few bytes it has. */
const SMALLEST_PART_BYTES = 256;
/** A body of just the bytes that there is room for may have a few such parts. */
const SLACK_BYTES = 16 * SMALLEST_PART_BYTES;

/**
 * Refusing at once what cannot be served in time keeps the latency of what is served. A client that is slow to send takes up only the
 * memory of what it has sent, and one that is slow to send or to read makes room, the oldest first, where there is none.
 */
export function createAdmission({ maxRequests, maxBodiesBytes }: AdmissionOptions): Admission {
  const capacity = maxBodiesBytes + SLACK_BYTES;
  const receiving = new Set<Occupant>();
  const waiting = new Set<Occupant>();
  let started = 0;
  let bytes = 0;
  /** Those of bodies that have arrived: they make no room. */
  let startedBytes = 0;

  function remove(occupant: Occupant): void {
    if (occupant.state === "left") return;
    if (occupant.state === "started") {
      started -= 1;
      startedBytes -= occupant.bytes;
    }
    bytes -= occupant.bytes;
    receiving.delete(occupant);
    waiting.delete(occupant);
    occupant.state = "left";
  }

  function evict(occupant: Occupant): void {
    remove(occupant);
    occupant.evict();
  }

  function makeRoomForWork(): boolean {
    const [slowest] = waiting;
    if (started >= maxRequests && slowest) evict(slowest);
    return started < maxRequests;
  }

  function makeRoomForBytes(needed: number, occupant: Occupant): boolean {
    for (const other of receiving) {
      if (bytes + needed <= capacity) break;
      if (other === occupant) return false; // it is the slowest itself
      if (other.bytes > 0) evict(other);
    }
    return bytes + needed <= capacity;
  }

  return {
    enter(announcedBytes, onEvicted) {
      if (startedBytes + announcedBytes > capacity || !makeRoomForWork()) return undefined;
      const occupant: Occupant = { bytes: 0, state: "receiving", evict: onEvicted };
      receiving.add(occupant);
      return {
        receive(length) {
          const needed = Math.max(length, SMALLEST_PART_BYTES);
          if (occupant.state !== "receiving" || !makeRoomForBytes(needed, occupant)) return false;
          bytes += needed;
          occupant.bytes += needed;
          return true;
        },
        start() {
          if (occupant.state !== "receiving" || !makeRoomForWork()) return false;
          receiving.delete(occupant);
          occupant.state = "started";
          started += 1;
          startedBytes += occupant.bytes;
          return true;
        },
        waitForReader() {
          if (occupant.state === "started") waiting.add(occupant);
        },
        leave() {
          remove(occupant);
        },
      };
    },
    underWay: () => started + receiving.size,
  };
}
