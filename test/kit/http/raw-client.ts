import { Agent, type IncomingHttpHeaders, request } from "node:http";

export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Buffer;
  /** Aborts the request, its connection with it. */
  readonly signal?: AbortSignal;
}

const agent = new Agent({ keepAlive: true });

/** One request with as little work on the client's side as Node allows: where the server's processor time is measured. */
export function sendRaw(
  url: string,
  { method = "POST", headers, body, signal }: RawRequest = {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const length = body && !headers?.["transfer-encoding"] && { "content-length": body.length };
    const options = { method, agent, headers: { "content-type": "application/json", ...length, ...headers } };
    const clientRequest = request(url, { ...options, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    clientRequest.on("error", reject);
    clientRequest.end(body);
  });
}

/**
 * Processor time that this whole process takes for one of several like it, in ms: the least of them, as others use the machine
 * too.
 */
export async function minCpuMs<Instance>(
  instances: readonly Instance[],
  run: (instance: Instance) => Promise<unknown>,
): Promise<number> {
  let min = Infinity;
  for (const instance of instances) {
    const before = process.cpuUsage();
    await run(instance);
    const { user, system } = process.cpuUsage(before);
    min = Math.min(min, (user + system) / 1000);
  }
  return min;
}
