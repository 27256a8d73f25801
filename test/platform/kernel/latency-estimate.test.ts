import { createLatencyEstimate } from "../../../src/platform/kernel/latency-estimate";

describe("the latency estimate of a kind of operation", () => {
  test("moves a fifth of the way to each new duration", () => {
    const usual = createLatencyEstimate();
    expect(usual.get("cancel")).toBe(0);
    usual.record("cancel", 100);
    usual.record("cancel", 200);
    expect(usual.get("cancel")).toBe(120);
  });

  // Above the request's whole time, every request would be refused, and nothing would ever be measured again.
  test("never exceeds its maximum, however long a process was suspended", () => {
    const usual = createLatencyEstimate(5000);
    usual.record("cancel", 3_600_000);
    expect(usual.get("cancel")).toBe(5000);
    usual.record("cancel", 0);
    expect(usual.get("cancel")).toBe(4000);
  });
});
