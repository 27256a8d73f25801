import { Agent, type IncomingHttpHeaders, request } from "node:http";

export interface RawAnswer {
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
export function sendRaw(url: string, { method = "POST", headers, body, signal }: RawRequest = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body && !headers?.["transfer-encoding"] && { "content-length": body.length };
    const options = { method, agent, headers: { "content-type": "application/json", ...length, ...headers } };
    const sent = request(url, { ...options, ...(signal && { signal }) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/**
 * Processor time that this whole process takes for one of several like it, in ms: the least of them, as others use the machine
 * too.
 */
export async function leastCpuMs<One>(several: readonly One[], work: (one: One) => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (const one of several) {
    const before = process.cpuUsage();
    await work(one);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
