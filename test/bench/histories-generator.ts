import { BROKEN_HANDSHAKES, type BrokenHandshake, type PostMode, type ReadMode } from "../kit/network/delbank-proxy";
import { seededRandom } from "./chaos-generator";
import { LEASE_MS, PROCESSES, type Round, type Step } from "./histories-steps";

const PAST_LEASE_MS = LEASE_MS + 200;

const flip = (random: () => number, probability: number) => random() < probability;
function pickOne<Item>(random: () => number, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

type Generator = (random: () => number) => Step[];
const createPress = (keys: readonly number[], process: number, kind: "pix" | "user" = "pix"): Step => ({
  do: "press",
  keys,
  process,
  kind,
});
const reads = (mode: ReadMode): Step => ({ do: "reads", mode });
const posts = (mode: PostMode, slowMs = 0): Step => ({ do: "posts", mode, slowMs });
const pause = (ms: number): Step => ({ do: "pause", ms: Math.round(ms) });
const waitForResponses: Step = { do: "answers" };
const anyProcess = (random: () => number) => Math.floor(random() * PROCESSES);
const next = (process: number) => (process + 1) % PROCESSES;

/** The last look of an operation that was never sent stands still until another process has sent it. */
const stalledLastLook: Generator = (random) => [
  reads("fail"),
  createPress([0], anyProcess(random)),
  waitForResponses,
  reads("hold"),
  { do: "until", sign: "read" },
  { do: "stop", process: "seen" },
  pause(PAST_LEASE_MS + random() * 300),
  reads("pass"),
  posts("slow", 250 + random() * 150),
  { do: "until", sign: "post" },
  { do: "continue", process: 0 },
  { do: "continue", process: 1 },
  { do: "continue", process: 2 },
  pause(700),
];

/** A request stands still at a provider's call, past its lease or not, while the same and another key are pressed. */
const stalledRequest: Generator = (random) => {
  const process = anyProcess(random);
  const sign = pickOne(random, ["read", "post"] as const);
  return [
    ...(sign === "read"
      ? [reads(pickOne(random, ["hold", "pass"]))]
      : [posts(pickOne(random, ["slow", "lostAfter"]), 300)]),
    createPress([0], process),
    { do: "until", sign },
    { do: "stop", process },
    reads("pass"),
    pause(flip(random, 0.7) ? PAST_LEASE_MS + random() * 500 : random() * 500),
    createPress([pickOne(random, [0, 1])], next(process)),
    pause(random() * 400),
    { do: "continue", process },
    waitForResponses,
  ];
};

const stalled: Generator = (random) => (flip(random, 0.6) ? stalledLastLook(random) : stalledRequest(random));

/** Delbank shows for a while what was, or nothing, or an old cancellation; several keys ask for one authorization. */
const staleReads: Generator = (random) => {
  const process = anyProcess(random);
  const mode = pickOne(random, ["pass", "pass", "slow", "lostAfter", "lostBefore"] as const);
  const lie = pickOne(random, ["stale", "stale", "stale", "old"] as const);
  const keys = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, index) => index);
  const requests: (() => Step[])[] = [
    () => [createPress(keys, process)],
    () => [
      createPress([0], process),
      waitForResponses,
      pause(random() * 200),
      createPress([1], next(process)),
      waitForResponses,
    ],
    () => [
      ...[0, 1, 2].map((key) => createPress([key], (process + key) % PROCESSES)),
      waitForResponses,
      createPress([3], process),
      waitForResponses,
    ],
  ];
  const drawn = requests[Math.floor(random() * requests.length)]?.() ?? [];
  const isAbsent = flip(random, 0.15);
  return [
    ...(isAbsent ? [reads("absent"), createPress([8], process), waitForResponses] : []),
    reads(lie),
    posts(mode, 200),
    ...drawn,
    waitForResponses,
    pause(random() * 1200),
    posts("pass"),
    createPress([9], next(process)),
    waitForResponses,
  ];
};

/** `synchronous_commit` is off unless the program demands it; PostgreSQL is killed after a change or amid it. */
const asyncCommit: Generator = (random) => {
  const process = anyProcess(random);
  const isAmid = flip(random, 0.5);
  const kind = isAmid || flip(random, 0.8) ? "pix" : "user";
  return [
    ...(flip(random, 0.5) ? [reads("stale")] : []),
    posts(isAmid ? "slow" : pickOne(random, ["pass", "lostAfter"]), 300),
    { do: "webhook", process: next(process), count: 3 },
    createPress([0], process, kind),
    isAmid ? { do: "until", sign: "post" } : waitForResponses,
    pause(random() * 60),
    { do: "crashPostgres" },
    { do: "startPostgres" },
    waitForResponses,
    posts("pass"),
    createPress([0], next(process), kind),
    ...(flip(random, 0.3) ? [createPress([1], process)] : []),
    waitForResponses,
  ];
};

/** PostgreSQL stores what it was asked to, and its answer is lost. */
const lostResponses: Generator = (random) => {
  const process = anyProcess(random);
  const kind = flip(random, 0.7) ? "pix" : "user";
  return [
    {
      do: "loseResponse",
      process,
      statement: flip(random, 0.8) ? 'insert into "operation"' : 'update "operation"',
      when: flip(random, 0.8) ? "committed" : "next",
      ending: pickOne(random, ["reset", "end"]),
    },
    createPress([0], process, kind),
    waitForResponses,
    pause(PAST_LEASE_MS + random() * 700),
    ...(flip(random, 0.3) ? [createPress([pickOne(random, [0, 1])], next(process), kind), waitForResponses] : []),
  ];
};

/** The authorization is read, and then connections to Delbank break before a request can be sent. */
const brokenHandshakes: Generator = (random) => [
  {
    do: "breakHandshakes",
    how: pickOne(random, BROKEN_HANDSHAKES as unknown as [BrokenHandshake]),
    times: 1 + Math.floor(random() * 3),
  },
  pause(30), // until the clients have seen that their connections are closed
  createPress([0], anyProcess(random)),
  waitForResponses,
  pause(400 + random() * 800),
];

/** kill -9 of a process at a provider's call, or anywhere; the same key is pressed elsewhere. */
const kills: Generator = (random) => {
  const process = anyProcess(random);
  const kind = flip(random, 0.7) ? "pix" : "user";
  const at = kind === "pix" ? pickOne(random, ["read", "post", "anywhere"] as const) : "anywhere";
  return [
    ...(flip(random, 0.3) ? [reads("stale")] : []),
    ...(at === "read" ? [reads("hold")] : [posts(pickOne(random, ["slow", "lostAfter", "lostBefore"]), 250)]),
    createPress([0], process, kind),
    { do: "webhook", process, count: 2 },
    at === "anywhere" ? pause(random() * 60) : { do: "until", sign: at },
    { do: "kill", process },
    reads("pass"),
    createPress([0], next(process), kind),
    ...(flip(random, 0.4) ? [createPress([1], next(next(process)), "pix")] : []),
    waitForResponses,
  ];
};

const SINGLE = {
  stalled,
  "lagging-reads": staleReads,
  "async-commit": asyncCommit,
  "lost-answers": lostResponses,
  "broken-handshakes": brokenHandshakes,
  kills,
} satisfies Record<string, Generator>;
type Single = keyof typeof SINGLE;
export type Profile = Single | "mixed";
export const PROFILES = [...Object.keys(SINGLE), "mixed"] as readonly Profile[];

/** `mixed` plays all the others, each once before any comes again, in an order of the seed's. */
function generateSingle(seed: number, index: number): Single {
  const names = Object.keys(SINGLE) as Single[];
  const random = seededRandom(seed * 7919 + Math.floor(index / names.length));
  const order = names.map((name) => ({ name, rank: random() })).sort((one, other) => one.rank - other.rank);
  return order[index % names.length]?.name ?? "kills";
}

/** The same round for the same seed, profile and index. */
export function generateRound(seed: number, profile: Profile, index: number): Round {
  const single = profile === "mixed" ? generateSingle(seed, index) : profile;
  const random = seededRandom(seed * 1_000_003 + index * 31 + PROFILES.indexOf(single));
  for (let warmUp = 0; warmUp < 3; warmUp += 1) random();
  return { index, profile: single, steps: SINGLE[single](random) };
}
