import { setTimeout as sleep } from "node:timers/promises";
import { formatCheck, residentMb, row } from "./figures";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess } from "./subgraph-process";
import { waitForGauge } from "../kit/http/metrics";
import { MEMBER_ID } from "../kit/seeds/ids";
import { attachDebugger, type Debugger, DEBUGGABLE_ENV } from "../kit/start/debugger";
import { WAYS } from "../kit/subscriptions/ways";
import { createTempDirectory } from "../kit/temp";

const COUNT = 500;
const WARM_UP = 100;
const REST_MS = 5000;
const MAX_KB = 50;
const OPEN = "benefits_pix_subscriptions_open";
const EVENTS = "subscription($userId: UserId!) { userEvents(userId: $userId) { kind } }";

/** The memory that a program holds, in kB: without what the garbage collector frees. */
async function readHeldKb({ send }: Debugger): Promise<number> {
  await send("HeapProfiler.collectGarbage");
  const expression = "(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())";
  const { result } = (await send("Runtime.evaluate", { expression })) as { result: { value: number } };
  return result.value / 1024;
}

/** What idle subscriptions cost, by each way to subscribe, in a process of its own. */
export async function subscriptions(): Promise<void> {
  const sandbox = await startSandboxProgram();
  console.log(`\nsubscriptions: memory of the process for each of ${COUNT} idle ones`);
  try {
    for (const [way, subscribe] of WAYS) {
      const { path: directory, remove: removeDirectory } = createTempDirectory("bench");
      const bound = `${2 * COUNT}`;
      const subgraph = await startSubgraphProcess(
        {
          ...sandbox.environment,
          ...DEBUGGABLE_ENV,
          LIMIT_SUBSCRIPTIONS: bound,
          LIMIT_SUBSCRIPTIONS_PER_CALLER: bound,
        },
        directory,
      );
      const url = new URL(subgraph.url).origin;
      const inspector = await attachDebugger(subgraph);
      const open = async (count: number) => {
        const opened = [];
        for (let index = 0; index < count; index += 1) {
          const variables = { userId: MEMBER_ID };
          opened.push(
            await subscribe({ url, token: subgraph.tokenOf }, { query: EVENTS, variables, claims: { sub: MEMBER_ID } }),
          );
        }
        await waitForGauge({ url }, OPEN, count);
        await sleep(REST_MS);
        return opened;
      };
      try {
        const leaveAll = async (opened: Awaited<ReturnType<typeof open>>) => {
          await Promise.all(opened.map((one) => one.leave()));
          await waitForGauge({ url }, OPEN, 0);
        };
        await leaveAll(await open(WARM_UP));
        const [heldBefore, residentBefore] = [await readHeldKb(inspector), residentMb(subgraph.pid)];
        const opened = await open(COUNT);
        const resident = ((residentMb(subgraph.pid) - residentBefore) * 1024) / COUNT; // with garbage
        const kb = ((await readHeldKb(inspector)) - heldBefore) / COUNT;
        console.log(row(way, formatCheck(`${kb.toFixed(1)} kB`, kb < MAX_KB), `< ${MAX_KB} kB`));
        console.log(row("  with garbage that was not collected yet", `${resident.toFixed(1)} kB`, ""));
        await leaveAll(opened);
      } finally {
        inspector.close();
        await subgraph.stop();
        removeDirectory();
      }
    }
  } finally {
    await sandbox.close();
  }
}
