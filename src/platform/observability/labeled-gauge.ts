import { Gauge, type Registry } from "prom-client";

/** One value of a gauge, with its labels. */
interface Sample<Label extends string> {
  readonly value: number;
  readonly labels: Readonly<Record<Label, string>>;
}

/** Registers a gauge whose samples are read at each scrape. The name is that without the prefix of this service. */
export type RegisterLabeled = <Label extends string>(
  name: string,
  help: string,
  options: { readonly labelNames: readonly Label[]; readonly getSamples: () => readonly Sample<Label>[] },
) => void;

export function createRegisterLabeled(registry: Registry): RegisterLabeled {
  return (name, help, { labelNames, getSamples }) => {
    const gauge = new Gauge({
      name: `benefits_pix_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        gauge.reset();
        for (const { labels, value } of getSamples()) gauge.set(labels, value);
      },
    });
  };
}
