import { findRouters } from "../../.ci/routers.mjs";
import { median, residentMb, row } from "./figures";
import { type Round, type Way } from "./router-load";
import { CONNECTIONS } from "./router-operations";
import { chooseRouterPrograms } from "./router-programs";
import { type Measured, measureWays, type RoundSize } from "./router-rounds";
import { type RouterWays, startRouterWays } from "./router-ways";

const SIZE: RoundSize = { rounds: 4, hasWarmUp: true, seconds: 0.8, maxRequests: Infinity };

/** What the peer leaves out, compared with this subgraph. */
const PEER_GAPS = [
  "verifies no caller's token, which needs a license: a header names the member",
  "gets no token of Avibra: it is started with one",
  "passes dates on as Avibra writes them, and knows a status in capital letters only",
  "has no enrollment, which is known from stored events, and no read cache",
];

const sum = (rounds: readonly Round[], part: (round: Round) => number) =>
  rounds.reduce((total, round) => total + part(round), 0);

function toFigures({ rounds }: Measured) {
  const responses = sum(rounds, (round) => round.responses);
  const perResponseUs = (part: (round: Round) => number) => (sum(rounds, part) * 1000) / responses;
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    subgraphUs: perResponseUs((round) => round.cpuMs.subgraph),
    routerUs: perResponseUs((round) => round.cpuMs.router),
  };
}

function printMeasured(one: Measured, direct: Measured | undefined): void {
  const figures = toFigures(one);
  const base = direct && toFigures(direct);
  const ratio = (name: keyof typeof figures) => (base ? `${(figures[name] / base[name]).toFixed(2)} x` : "");
  const us = (value: number, pid?: number) => (pid === undefined ? "" : value.toFixed(0));
  const { subgraph, router } = one.way.pids;
  console.log(
    row(
      `${one.way.title}${one.subgraph ? `, ${one.subgraph.title}` : ""}`,
      figures.perSecond.toFixed(0),
      ratio("perSecond"),
      figures.p99Ms.toFixed(1),
      us(figures.subgraphUs, subgraph),
      subgraph === undefined ? "" : ratio("subgraphUs"),
      us(figures.routerUs, router),
      (figures.subgraphUs + figures.routerUs).toFixed(0),
    ),
  );
}

function printAll(measured: readonly Measured[]): void {
  const { rounds, seconds } = SIZE;
  console.log(
    `\nrouters: ${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s in turn, medians; processor time in us for each response`,
  );
  for (const operation of new Set(measured.map((one) => one.operation))) {
    const ofOperation = measured.filter((one) => one.operation === operation);
    const directOf = ({ subgraph }: Measured) => ofOperation.find(({ way }) => way === subgraph?.direct);
    console.log(
      row(`\n${operation.title}`, "requests/s", "of direct", "p99 ms", "ours", "of direct", "router", "both"),
    );
    for (const one of ofOperation) printMeasured(one, directOf(one));
  }
}

function printMemory({ subgraphs, peer }: RouterWays): void {
  const megabytes = (pid?: number) => (pid === undefined ? "" : `${residentMb(pid).toFixed(0)} MB`);
  console.log(row("\nmemory at the end", "ours", "router"));
  const print = (title: string, { pids }: Way) => {
    console.log(row(title, megabytes(pids.subgraph), megabytes(pids.router)));
  };
  for (const { title, routers, direct } of subgraphs)
    for (const way of [direct, ...routers]) print(`${way.title}, ${title}`, way);
  if (peer) print(peer.title, peer);
}

/** What each router adds to the subgraph behind it, and what the peer of one query costs. */
export async function routers(): Promise<void> {
  const { programs, notRun } = chooseRouterPrograms(findRouters(), process.env);
  for (const line of notRun) console.log(`not run: ${line}`);
  for (const { description } of programs) console.log(`run: ${description}`);
  const ways = await startRouterWays(programs);
  try {
    printAll(await measureWays(ways, SIZE));
    printMemory(ways);
    if (ways.peer) for (const gap of PEER_GAPS) console.log(`  ${ways.peer.title} ${gap}`);
  } finally {
    await ways.stop();
  }
}
