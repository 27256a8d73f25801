import { Agent, request } from "node:http";

/** Smaller differences cannot be measured over a network, whose noise is a hundred times as large. */
const MIN_LEAK_MS = 0.15;
const ROUNDS = 150;
const ATTEMPTS = 3;

export type Probe = () => Promise<unknown>;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
};

/**
 * The range that holds the median of what these are samples of, but for one time in a thousand. By rank alone: how far
 * away the outliers of a busy machine are makes no difference.
 */
function medianRange(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (3.3 * Math.sqrt(sorted.length)) / 2;
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? NaN;
  return [at(sorted.length / 2 - half), at(sorted.length / 2 + half)];
}

async function measure(probe: Probe): Promise<number> {
  const startedAt = performance.now();
  await probe();
  return performance.now() - startedAt;
}

/** Both probes in every round, one directly after the other and in alternating order: drift affects both equally. */
async function measureDifferences(first: Probe, second: Probe): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const isSwapped = round % 2 === 1;
    const one = await measure(isSwapped ? second : first);
    const other = await measure(isSwapped ? first : second);
    samples.push(isSwapped ? one - other : other - one);
  }
  return samples;
}

/**
 * How much longer the second probe takes, in milliseconds, where that can be told from noise; else 0. A leak is found every
 * time it is looked for; chance is not, so what one measurement finds must be found by the next ones too.
 */
export async function measureTimingLeakMs(first: Probe, second: Probe): Promise<number> {
  for (let warmUp = 0; warmUp < 30; warmUp += 1) await Promise.all([first(), second()]);
  let smallestMedian = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const samples = await measureDifferences(first, second);
    const [low, high] = medianRange(samples);
    if (low <= MIN_LEAK_MS && high >= -MIN_LEAK_MS) return 0;
    if (Math.abs(median(samples)) < Math.abs(smallestMedian)) smallestMedian = median(samples);
  }
  return smallestMedian;
}

/** A probe that posts one operation over one kept connection, and demands one status: refusals of two kinds are no pair. */
export function createProbe(url: string, { query, headers, status }: ProbeOptions): Probe {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = JSON.stringify({ query });
  const baseHeaders = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return () =>
    new Promise<void>((resolve, reject) => {
      const clientRequest = request(
        `${url}/graphql`,
        { method: "POST", agent, headers: { ...baseHeaders, ...headers } },
        (response) => {
          response.resume().on("end", () => {
            if (response.statusCode === status) resolve();
            else reject(new Error(`expected ${status}, got ${response.statusCode ?? 0}`));
          });
        },
      );
      clientRequest.on("error", reject).end(body);
    });
}

export interface ProbeOptions {
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}
