import { type SandboxControl } from "../kit/sandbox-control";
import { type SubgraphProcess } from "./subgraph-process";

const READS = 500;
/** Long enough for all of them to have come. */
const ANSWER_MS = 1500;
const PATH = "/user/benefits";

/** Calls that 500 reads of one member at the same moment cost: by one reader, and by two. */
export async function countSharedCalls(subgraph: SubgraphProcess, avibra: SandboxControl): Promise<readonly number[]> {
  const tokens = await Promise.all(["one", "two"].map((sub) => subgraph.tokenOf({ sub, scope: "users:read:any" })));
  const body = JSON.stringify({ query: '{ user(id: "u-1001") { currentOffer { status } } }' });
  const read = async (who: number) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${tokens[who] ?? ""}` };
    const response = await (await fetch(subgraph.url, { method: "POST", headers, body })).json();
    if ("errors" in (response as object)) throw new Error("a shared read failed");
  };
  const counts: number[] = [];
  for (const readers of [1, 2]) {
    await avibra.addFault({ match: { path: PATH }, kind: "delay", delayMs: ANSWER_MS, times: READS });
    await avibra.clearRequests();
    await Promise.all(Array.from({ length: READS }, (_, index) => read(index % readers)));
    counts.push((await avibra.requests(PATH)).length);
    await avibra.clearFaults();
  }
  return counts;
}
