/**
 * Processor time of this process, in ms, for the cheapest of several instances of the same work: other processes on the machine only
 * add to it.
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
