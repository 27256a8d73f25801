export interface AdmissionOptions {
  /** Requests under way at once. */
  readonly maxRequests: number;
  /** Bytes of all request bodies under way at once: what bounds the memory that requests can take. */
  readonly maxBodiesBytes: number;
}

/** The room that one request takes. */
export interface Place {
  /** Its body has been read: it takes so many bytes, and no more. */
  readonly keep: (bodyBytes: number) => void;
  /** Gives it back; once. */
  readonly leave: () => void;
}

/** Counts what is under way, and says when it is enough. */
export interface Admission {
  /** Lets one request in; undefined where there is no room for it. */
  readonly enter: (bodyBytes: number) => Place | undefined;
  /** Requests that were let in and not out. */
  readonly underWay: () => number;
}

/** Refusing at once what cannot be served in time keeps the latency of what is served. */
export function createAdmission({ maxRequests, maxBodiesBytes }: AdmissionOptions): Admission {
  let requests = 0;
  let bytes = 0;
  return {
    enter(bodyBytes) {
      if (requests >= maxRequests || bytes + bodyBytes > maxBodiesBytes) return undefined;
      let isInside = true;
      let taken = 0;
      const keep = (size: number) => {
        if (!isInside) return;
        bytes += size - taken;
        taken = size;
      };
      requests += 1;
      keep(bodyBytes);
      const leave = () => {
        if (!isInside) return;
        keep(0);
        isInside = false;
        requests -= 1;
      };
      return { keep, leave };
    },
    underWay: () => requests,
  };
}
