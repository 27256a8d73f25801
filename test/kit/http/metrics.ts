import { waitFor } from "../wait-for";
import { type TestSubgraph } from "../start/subgraph";

/** Returns the samples of one metric at `GET /metrics`, by their labels as text; a sample without labels has the key "". */
export async function readMetric({ url }: Pick<TestSubgraph, "url">, name: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => {
      const [, labels = "", value] = /^\w+(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return [labels, Number(value)];
    }),
  );
}

/** Waits until a gauge without labels has this value. */
export async function waitForGauge(subgraph: Pick<TestSubgraph, "url">, name: string, value: number): Promise<void> {
  await waitFor(async () => ((await readMetric(subgraph, name))[""] === value ? true : undefined));
}
