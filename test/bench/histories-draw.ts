import { BROKEN_HANDSHAKES, type BrokenHandshake, type PostMode, type ReadMode } from "../support/delbank-front";
import { seededRandom } from "./chaos-draw";
import { LEASE_MS, PROCESSES, type Round, type Step } from "./histories-steps";

const PAST_LEASE_MS = LEASE_MS + 200;

const flip = (random: () => number, share: number) => random() < share;
function oneOf<Item>(random: () => number, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

type Draw = (random: () => number) => Step[];
const press = (keys: readonly number[], process: number, kind: "pix" | "user" = "pix"): Step => ({
  do: "press",
  keys,
  process,
  kind,
});
const reads = (mode: ReadMode): Step => ({ do: "reads", mode });
const posts = (mode: PostMode, slowMs = 0): Step => ({ do: "posts", mode, slowMs });
const pause = (ms: number): Step => ({ do: "pause", ms: Math.round(ms) });
const answers: Step = { do: "answers" };
const anyProcess = (random: () => number) => Math.floor(random() * PROCESSES);
const next = (process: number) => (process + 1) % PROCESSES;

/** The last look of an operation that was never sent stands still until another process has sent it. */
const stalledLastLook: Draw = (random) => [
  reads("fail"),
  press([0], anyProcess(random)),
  answers,
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
const stalledRequest: Draw = (random) => {
  const process = anyProcess(random);
  const sign = oneOf(random, ["read", "post"] as const);
  return [
    ...(sign === "read"
      ? [reads(oneOf(random, ["hold", "pass"]))]
      : [posts(oneOf(random, ["slow", "lostAfter"]), 300)]),
    press([0], process),
    { do: "until", sign },
    { do: "stop", process },
    reads("pass"),
    pause(flip(random, 0.7) ? PAST_LEASE_MS + random() * 500 : random() * 500),
    press([oneOf(random, [0, 1])], next(process)),
    pause(random() * 400),
    { do: "continue", process },
    answers,
  ];
};

const stalled: Draw = (random) => (flip(random, 0.6) ? stalledLastLook(random) : stalledRequest(random));

/** Delbank shows for a while what was, or nothing, or an old cancellation; several keys ask for one authorization. */
const laggingReads: Draw = (random) => {
  const process = anyProcess(random);
  const mode = oneOf(random, ["pass", "pass", "slow", "lostAfter", "lostBefore"] as const);
  const lie = oneOf(random, ["stale", "stale", "stale", "old"] as const);
  const keys = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, index) => index);
  const presses: (() => Step[])[] = [
    () => [press(keys, process)],
    () => [press([0], process), answers, pause(random() * 200), press([1], next(process)), answers],
    () => [...[0, 1, 2].map((key) => press([key], (process + key) % PROCESSES)), answers, press([3], process), answers],
  ];
  const drawn = presses[Math.floor(random() * presses.length)]?.() ?? [];
  const isAbsent = flip(random, 0.15);
  return [
    ...(isAbsent ? [reads("absent"), press([8], process), answers] : []),
    reads(lie),
    posts(mode, 200),
    ...drawn,
    answers,
    pause(random() * 1200),
    posts("pass"),
    press([9], next(process)),
    answers,
  ];
};

/** `synchronous_commit` is off unless the program demands it; PostgreSQL is killed after a change or amid it. */
const asyncCommit: Draw = (random) => {
  const process = anyProcess(random);
  const isAmid = flip(random, 0.5);
  const kind = isAmid || flip(random, 0.8) ? "pix" : "user";
  return [
    ...(flip(random, 0.5) ? [reads("stale")] : []),
    posts(isAmid ? "slow" : oneOf(random, ["pass", "lostAfter"]), 300),
    { do: "webhook", process: next(process), count: 3 },
    press([0], process, kind),
    isAmid ? { do: "until", sign: "post" } : answers,
    pause(random() * 60),
    { do: "crashPostgres" },
    { do: "startPostgres" },
    answers,
    posts("pass"),
    press([0], next(process), kind),
    ...(flip(random, 0.3) ? [press([1], process)] : []),
    answers,
  ];
};

/** PostgreSQL stores what it was asked to, and its answer is lost. */
const lostAnswers: Draw = (random) => {
  const process = anyProcess(random);
  const kind = flip(random, 0.7) ? "pix" : "user";
  return [
    {
      do: "loseAnswer",
      process,
      statement: flip(random, 0.8) ? 'insert into "operation"' : 'update "operation"',
      which: flip(random, 0.8) ? "committed" : "next",
      how: oneOf(random, ["reset", "end"]),
    },
    press([0], process, kind),
    answers,
    pause(PAST_LEASE_MS + random() * 700),
    ...(flip(random, 0.3) ? [press([oneOf(random, [0, 1])], next(process), kind), answers] : []),
  ];
};

/** The authorization is read, and then connections to Delbank break before a request can be sent. */
const brokenHandshakes: Draw = (random) => [
  {
    do: "breakHandshakes",
    how: oneOf(random, BROKEN_HANDSHAKES as unknown as [BrokenHandshake]),
    times: 1 + Math.floor(random() * 3),
  },
  pause(30), // until the clients have seen that their connections are closed
  press([0], anyProcess(random)),
  answers,
  pause(400 + random() * 800),
];

/** kill -9 of a process at a provider's call, or anywhere; the same key is pressed elsewhere. */
const kills: Draw = (random) => {
  const process = anyProcess(random);
  const kind = flip(random, 0.7) ? "pix" : "user";
  const at = kind === "pix" ? oneOf(random, ["read", "post", "anywhere"] as const) : "anywhere";
  return [
    ...(flip(random, 0.3) ? [reads("stale")] : []),
    ...(at === "read" ? [reads("hold")] : [posts(oneOf(random, ["slow", "lostAfter", "lostBefore"]), 250)]),
    press([0], process, kind),
    { do: "webhook", process, count: 2 },
    at === "anywhere" ? pause(random() * 60) : { do: "until", sign: at },
    { do: "kill", process },
    reads("pass"),
    press([0], next(process), kind),
    ...(flip(random, 0.4) ? [press([1], next(next(process)), "pix")] : []),
    answers,
  ];
};

const SINGLE = {
  stalled,
  "lagging-reads": laggingReads,
  "async-commit": asyncCommit,
  "lost-answers": lostAnswers,
  "broken-handshakes": brokenHandshakes,
  kills,
} satisfies Record<string, Draw>;
type Single = keyof typeof SINGLE;
export type Profile = Single | "mixed";
export const PROFILES = [...Object.keys(SINGLE), "mixed"] as readonly Profile[];

/** `mixed` plays all the others, each once before any comes again, in an order of the seed's. */
function drawSingle(seed: number, index: number): Single {
  const names = Object.keys(SINGLE) as Single[];
  const random = seededRandom(seed * 7919 + Math.floor(index / names.length));
  const order = names.map((name) => ({ name, rank: random() })).sort((one, other) => one.rank - other.rank);
  return order[index % names.length]?.name ?? "kills";
}

/** The same round for the same seed, profile and index. */
export function drawRound(seed: number, profile: Profile, index: number): Round {
  const single = profile === "mixed" ? drawSingle(seed, index) : profile;
  const random = seededRandom(seed * 1_000_003 + index * 31 + PROFILES.indexOf(single));
  for (let warmUp = 0; warmUp < 3; warmUp += 1) random();
  return { index, profile: single, steps: SINGLE[single](random) };
}
