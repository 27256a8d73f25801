import { waitFor } from "../wait-for";
import { type TestSubgraph } from "../start/subgraph";

type Metered = Pick<TestSubgraph, "url"> & { readonly routerSecret?: string | undefined };

/** Returns the samples of one metric at `GET /metrics`, by their labels as text; a sample without labels has the key "". */
export async function readMetric({ url, routerSecret }: Metered, name: string): Promise<Record<string, number>> {
  const headers = routerSecret === undefined ? {} : { "router-authorization": routerSecret };
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => {
      const [, labels = "", value] = /^\w+(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return [labels, Number(value)];
    }),
  );
}

/** The series of a counter that have counted something: every series exists from the start. */
export async function readCounted(subgraph: Metered, name: string): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await readMetric(subgraph, name)).filter(([, value]) => value > 0));
}

/** Waits until a gauge without labels has this value. */
export async function waitForGauge(subgraph: Metered, name: string, value: number): Promise<void> {
  await waitFor(async () => ((await readMetric(subgraph, name))[""] === value ? true : undefined));
}
