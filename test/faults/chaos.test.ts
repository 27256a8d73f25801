import { KINDS } from "../bench/chaos-generator";
import { type ChaosOptions, type ChaosOutcome, type ChaosReport, runChaos } from "../bench/run-chaos";

/** What hangs at a provider hangs longer than this: only a deadline ends the request that waits for it. */
const GIVEN_UP_MS = 120_000;

const NEEDED_CODES = ["fine", "PROVIDER_UNAVAILABLE", "mutation: SUCCEEDED"];
const includesNeededCodes = (outcomes: readonly ChaosOutcome[]) =>
  NEEDED_CODES.every((needed) => outcomes.some(({ code }) => code === needed));

/** The load of the benchmark `chaos`; how late responses are is measured there. `npm run test:all` runs it in full size. */
const MIN_OFFERED = process.env["TEST_ALL"] === "true" ? 12_000 : 300;
const OPTIONS: ChaosOptions =
  process.env["TEST_ALL"] === "true"
    ? { seed: 1, load: { perSecond: 200, seconds: MIN_OFFERED / 200 }, includesRefusals: true }
    : {
        seed: 20_260_115,
        load: { minTotal: MIN_OFFERED, isComplete: includesNeededCodes, inFlight: 16 },
        includesRefusals: false,
        environment: { CONFIRMATION_WINDOW_MS: "2000" },
      };

describe("while both providers fail in every way that the sandbox can play", () => {
  let report: ChaosReport;
  beforeAll(async () => {
    report = await runChaos({ ...OPTIONS, givenUpMs: GIVEN_UP_MS });
  }, 600_000);

  test("every request gets a response, and none is an internal error", () => {
    expect(report.offered).toBeGreaterThanOrEqual(MIN_OFFERED);
    expect(report.responded).toBe(report.offered);
    expect(report.codes).not.toHaveProperty("INTERNAL");
  });

  test("faults of every kind are played, and some requests fail and some succeed", () => {
    const played = Object.keys(report.faults).map((fault) => fault.split(" ")[0]);
    expect([...new Set(played)].toSorted()).toEqual([...new Set(KINDS)].toSorted());
    expect(report.codes["fine"]).toBeGreaterThan(MIN_OFFERED / 10);
    expect(Object.keys(report.codes)).toEqual(expect.arrayContaining(NEEDED_CODES));
  });

  test("no effect happens twice, and the operation store says what happened at the providers", () => {
    expect(report.commits).toBeGreaterThan(10);
    expect(report.doubleCommits).toEqual([]);
    expect(report.sentAgain).toEqual([]);
    expect(report.untruths).toEqual([]);
  });

  test("every operation is settled or needs attention after the faults end", () => {
    expect(report.unsettled).toBe(0);
    expect(report.operations["SUCCEEDED"]).toBeGreaterThan(10);
  });

  test("the program keeps running, logs no fatal error and exits with 0", () => {
    expect(report).toMatchObject({ crashes: [], wasRunning: true, exitCode: 0 });
  });
});
