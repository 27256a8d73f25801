import { type HistoriesReport, runHistories } from "../bench/histories-run";
import { type Event } from "../bench/histories-events";
import { generateRound, type Profile, PROFILES } from "../bench/histories-generator";
import { formatRound } from "../bench/histories-format";

/**
 * A short run of the benchmark `histories`. With this seed the first six rounds contain the schedule that each past fault needs; see the last
 * test. `npm run bench -- histories --seed 133` repeats them. `npm run test:all` runs for a minute.
 */
const SEED = 133;
const SECONDS = process.env["TEST_ALL"] === "true" ? 60 : 0;
/** `mixed` runs every kind of round once in this number of rounds. */
const MIN_ROUNDS = PROFILES.length - 1;

type Predicate = (event: Event) => boolean;
/** What a history must contain, and how often. Rounds are run until it does. */
const NEEDED: readonly (readonly [name: string, times: number, isOne: Predicate])[] = [
  ["operation", MIN_ROUNDS / 2 + 1, (event) => event.type === "answer" && event.reported.outcome === "operation"],
  [
    "cancellation that Delbank accepted",
    3,
    ({ type, ...event }) => type === "answered" && "status" in event && event.status === 200,
  ],
  ["broken handshake", 1, ({ type }) => type === "handshakeBroken"],
  ["lost response of PostgreSQL", 1, ({ type }) => type === "answerLost"],
  ["acknowledged webhook", 1, (event) => event.type === "webhook" && event.isAcknowledged],
  ["step taken at a provider's call", 1, (event) => event.type === "sign" && event.isSeen],
];
const findMissing = (events: readonly Event[]) =>
  NEEDED.filter(([, times, isOne]) => events.filter(isOne).length < times).map(([name]) => name);

describe("random histories of three processes, while providers, network, PostgreSQL and processes fail", () => {
  let report: HistoriesReport;
  beforeAll(async () => {
    report = await runHistories({
      seed: SEED,
      profile: "mixed",
      seconds: SECONDS,
      leastRounds: MIN_ROUNDS,
      isComplete: (events) => findMissing(events).length === 0,
    });
  }, 900_000);

  test("violate no guarantee of the service", () => {
    const rounds = [...new Set(report.problems.map(({ round }) => round))];
    for (const round of rounds) process.stdout.write(`\n${formatRound(report, round)}`);
    expect(report.problems).toEqual([]);
  });

  test("contain every kind of round, and faults during requests", () => {
    const { rounds, history } = report;
    expect(new Set(rounds.map(({ profile }) => profile)).size).toBe(MIN_ROUNDS);
    expect(findMissing(history.events)).toEqual([]);
    expect(history.operations.length).toBeGreaterThan(MIN_ROUNDS / 2);
    expect(history.commits.length).toBeGreaterThan(2);
    expect(history.replays).toHaveLength(history.operations.length);
  });
});

test("a round of the same seed, profile and number is the same, regardless of the rounds before it", () => {
  const drawAll = () => PROFILES.flatMap((profile) => [3, 0, 7].map((index) => generateRound(SEED, profile, index)));
  expect(drawAll()).toEqual(drawAll());
  expect(generateRound(SEED + 1, "mixed", 3)).not.toEqual(generateRound(SEED, "mixed", 3));
});

test("the first six rounds of the seed contain the schedule that each past fault needs", () => {
  const rounds = Array.from({ length: MIN_ROUNDS }, (_, index) => generateRound(SEED, "mixed", index));
  const stepsOf = (profile: Profile) => rounds.find((round) => round.profile === profile)?.steps;
  const cancel = (keys: unknown = [0]) => expect.objectContaining({ do: "press", kind: "pix", keys });
  // A process stops past its lease before its last read, and another process sends the request.
  expect(stepsOf("stalled")).toMatchObject([
    ...[{ mode: "fail" }, { do: "press" }, { do: "answers" }, { mode: "hold" }, { do: "until", sign: "read" }],
    ...[
      { do: "stop", process: "seen" },
      { do: "pause" },
      { mode: "pass" },
      { mode: "slow" },
      { do: "until", sign: "post" },
    ],
    ...[{ do: "continue" }, { do: "continue" }, { do: "continue" }, { do: "pause" }],
  ]);
  // Five keys of one authorization in one document, while reads are stale.
  expect(stepsOf("lagging-reads")?.slice(0, 3)).toEqual([
    expect.objectContaining({ do: "reads", mode: "stale" }),
    expect.objectContaining({ do: "posts", mode: "pass" }),
    cancel([0, 1, 2, 3, 4]),
  ]);
  // PostgreSQL is killed during a call to Delbank, and the same key is sent again.
  expect(stepsOf("async-commit")).toEqual(
    expect.arrayContaining([cancel(), { do: "until", sign: "post" }, { do: "crashPostgres" }]),
  );
  // PostgreSQL stores a claim, and its response is lost.
  expect(stepsOf("lost-answers")?.slice(0, 2)).toEqual([
    expect.objectContaining({ statement: 'insert into "operation"', when: "committed" }),
    cancel(),
  ]);
  expect(stepsOf("broken-handshakes")).toEqual(
    expect.arrayContaining([expect.objectContaining({ do: "breakHandshakes" }), cancel()]),
  );
});
