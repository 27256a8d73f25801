import { type HistoriesReport, runHistories } from "../bench/histories-run";
import { drawRound, PROFILES } from "../bench/histories-draw";
import { tellRound } from "../bench/histories-tell";

/** The benchmark `histories`, short and with a seed of its own. `npm run bench -- histories --seed …` plays it again. */
const SEED = 20_261_105;
const SECONDS = 8;
/** `mixed` plays every kind of round once in so many; where a machine is too slow for them in the time, it plays on. */
const LEAST_ROUNDS = PROFILES.length - 1;

describe("random histories of three processes, while everything around them fails", () => {
  let report: HistoriesReport;
  beforeAll(async () => {
    report = await runHistories({ seed: SEED, profile: "mixed", seconds: SECONDS, leastRounds: LEAST_ROUNDS });
  }, 300_000);

  test("keep every promise", () => {
    const rounds = [...new Set(report.problems.map(({ round }) => round))];
    for (const round of rounds) process.stdout.write(`\n${tellRound(report, round)}`);
    expect(report.problems).toEqual([]);
  });

  test("were worth checking: every kind of round was played, and faults met requests", () => {
    const { rounds, history } = report;
    expect(new Set(rounds.map(({ profile }) => profile)).size).toBe(LEAST_ROUNDS);
    const countOf = (type: string) => history.events.filter((event) => event.type === type).length;
    expect(history.operations.length).toBeGreaterThan(LEAST_ROUNDS / 2);
    expect(history.commits.length).toBeGreaterThan(2);
    expect(history.replays).toHaveLength(history.operations.length);
    expect(countOf("handshakeBroken")).toBeGreaterThan(0);
    expect(countOf("answerLost")).toBeGreaterThan(0);
    expect(history.events.some((event) => event.type === "webhook" && event.isAcknowledged)).toBe(true);
    expect(history.events.some((event) => event.type === "sign" && event.isSeen)).toBe(true);
  });
});

test("a seed, a profile and a number draw one round, whatever was drawn before", () => {
  const rounds = PROFILES.flatMap((profile) => [3, 0, 7].map((index) => drawRound(SEED, profile, index)));
  const again = PROFILES.flatMap((profile) => [3, 0, 7].map((index) => drawRound(SEED, profile, index)));
  expect(again).toEqual(rounds);
  expect(drawRound(SEED + 1, "mixed", 3)).not.toEqual(drawRound(SEED, "mixed", 3));
});
