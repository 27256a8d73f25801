import { KINDS } from "../bench/chaos-generator";
import { type ChaosOptions, type ChaosOutcome, type ChaosReport, runChaos } from "../bench/run-chaos";

/** A hanging provider hangs longer than this, so that only a deadline ends a request that waits for it. */
const GIVEN_UP_MS = 120_000;

const NEEDED_CODES = ["fine", "PROVIDER_UNAVAILABLE", "mutation: SUCCEEDED"];
const includesNeededCodes = (outcomes: readonly ChaosOutcome[]) =>
  NEEDED_CODES.every((needed) => outcomes.some(({ code }) => code === needed));

/** The load of the benchmark `chaos`; how late responses are is measured there. `npm run test:all` runs it in full size. */
const SIZE =
  process.env["TEST_ALL"] === "true"
    ? { seed: 1, offered: 12_000, includesRefusals: true }
    : { seed: 20_260_115, offered: 300, includesRefusals: false };
const OPTIONS: ChaosOptions = {
  ...SIZE,
  // At a fixed rate, a slow machine would run out of connections.
  load: { minTotal: SIZE.offered, isComplete: includesNeededCodes, inFlight: 16 },
  environment: { SEND_WINDOW_MS: "2000", CONFIRMATION_WINDOW_MS: "2000" },
  givenUpMs: GIVEN_UP_MS,
};

describe("with every fault of the sandbox at both providers,", () => {
  let report: ChaosReport;
  beforeAll(async () => {
    report = await runChaos(OPTIONS);
  }, 600_000);

  test("every request gets a response, and none is an internal error", () => {
    expect(report.offered).toBeGreaterThanOrEqual(SIZE.offered);
    expect(report.responded).toBe(report.offered);
    expect(report.codes).not.toHaveProperty("INTERNAL");
  });

  test("faults of every kind occur, and some requests fail and some succeed", () => {
    const played = Object.keys(report.faults).map((fault) => fault.split(" ")[0]);
    expect([...new Set(played)].toSorted()).toEqual([...new Set(KINDS)].toSorted());
    expect(report.codes["fine"]).toBeGreaterThan(SIZE.offered / 10);
    expect(Object.keys(report.codes)).toEqual(expect.arrayContaining(NEEDED_CODES));
  });

  test("no effect happens twice, and the operation store matches the effects at the providers", () => {
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
