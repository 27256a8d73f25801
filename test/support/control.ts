/** One request as a simulated provider received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The control endpoints of one simulated provider. */
export interface Control {
  /** Every request received since the start or the last `forget`, in order; with a prefix only those paths. */
  requests(pathPrefix?: string): Promise<ReceivedRequest[]>;
  forget(): Promise<void>;
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  reset(): Promise<void>;
}

export function createControl(url: string): Control {
  async function send(method: string, name: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${url}/__sandbox/${name}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok) throw new Error(`sandbox answered ${response.status}: ${await response.text()}`);
    return response;
  }
  return {
    async requests(pathPrefix = "/") {
      const all = (await (await send("GET", "requests")).json()) as ReceivedRequest[];
      return all.filter(({ path }) => path.startsWith(pathPrefix));
    },
    async forget() {
      await send("DELETE", "requests");
    },
    async fault(fault) {
      await send("POST", "faults", fault);
    },
    async reset() {
      await send("POST", "reset");
    },
  };
}
