export interface AdmissionOptions {
  /** Requests under way at once. */
  readonly maxRequests: number;
  /** Bytes of all request bodies under way at once: what bounds the memory that requests can take. */
  readonly maxBodiesBytes: number;
}

/** Counts what is under way, and says when it is enough. */
export interface Admission {
  /** Lets one request in, and gives back what lets it out again (once); undefined where there is no room for it. */
  readonly enter: (bodyBytes: number) => (() => void) | undefined;
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
      requests += 1;
      bytes += bodyBytes;
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        requests -= 1;
        bytes -= bodyBytes;
      };
    },
    underWay: () => requests,
  };
}
