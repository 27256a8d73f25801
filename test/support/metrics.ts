import { eventually } from "./program";
import { type TestSubgraph } from "./subgraph";

/** The values of one metric at `GET /metrics`, by their labels as they stand there; without labels under "". */
export async function metricOf({ url }: Pick<TestSubgraph, "url">, name: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => {
      const [, labels = "", value] = /^\w+(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return [labels, Number(value)];
    }),
  );
}

/** Waits until a gauge without labels stands at this value. */
export async function untilGauge(subgraph: Pick<TestSubgraph, "url">, name: string, value: number): Promise<void> {
  await eventually(async () => ((await metricOf(subgraph, name))[""] === value ? true : undefined));
}
