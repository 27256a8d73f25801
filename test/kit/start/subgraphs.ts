import { startSubgraph, type SubgraphOptions, type TestSubgraph } from "./subgraph";

/** The subgraphs of one suite: `start` in a hook or a test, `afterAll(subgraphs.stopAll)`. A test may stop one by itself. */
export function createSubgraphs() {
  const running = new Set<TestSubgraph>();
  return {
    start: async (
      environment: Readonly<Record<string, string>> = {},
      options: SubgraphOptions = {},
    ): Promise<TestSubgraph> => {
      const started = await startSubgraph(environment, options);
      const subgraph = {
        ...started,
        stop(): Promise<void> {
          running.delete(subgraph);
          return started.stop();
        },
      };
      running.add(subgraph);
      return subgraph;
    },
    stopAll: async (): Promise<void> => {
      for (const subgraph of running) await subgraph.stop();
    },
  };
}
