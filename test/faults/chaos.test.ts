import { KINDS } from "../bench/chaos-generator";
import { type ChaosReport, runChaos } from "../bench/run-chaos";

/** What hangs at a provider hangs longer than this: only a deadline ends the request that waits for it. */
const GIVEN_UP_MS = 120_000;

/** The benchmark `chaos`, short and with a seed of its own. How late answers are is measured there; here each must come. */
describe("while both providers fail in every way they can", () => {
  let report: ChaosReport;
  beforeAll(async () => {
    report = await runChaos({
      seed: 20_260_115,
      seconds: 6,
      requestsPerSecond: 100,
      includesRefusals: false,
      givenUpMs: GIVEN_UP_MS,
    });
  }, 400_000);

  test("every request is answered", () => {
    expect(report.offered).toBe(600);
    expect(report.responded).toBe(report.offered);
    expect(report.codes).not.toHaveProperty("INTERNAL");
  });

  test("some requests fail and some do not: there were faults of every kind to stand", () => {
    const played = Object.keys(report.faults).map((fault) => fault.split(" ")[0]);
    expect([...new Set(played)].toSorted()).toEqual([...new Set(KINDS)].toSorted());
    expect(report.codes["fine"]).toBeGreaterThan(100);
    expect(Object.keys(report.codes)).toEqual(expect.arrayContaining(["PROVIDER_UNAVAILABLE", "mutation: SUCCEEDED"]));
  });

  test("no effect happens twice, and the ledger tells what happened", () => {
    expect(report.commits).toBeGreaterThan(10);
    expect(report.doubleCommits).toEqual([]);
    expect(report.sentAgain).toEqual([]);
    expect(report.untruths).toEqual([]);
  });

  test("every operation is settled, or with people", () => {
    expect(report.unsettled).toBe(0);
    expect(report.operations["SUCCEEDED"]).toBeGreaterThan(10);
  });

  test("the program neither dies nor leaves an error that nobody caught", () => {
    expect(report).toMatchObject({ crashes: [], wasRunning: true, exitCode: 0 });
  });
});
