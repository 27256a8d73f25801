import { createUsualTime } from "../../src/platform/time/usual-time";

describe("the usual time of a kind of operation", () => {
  test("moves a fifth of the way to each new duration", () => {
    const usual = createUsualTime();
    expect(usual.of("cancel")).toBe(0);
    usual.saw("cancel", 100);
    usual.saw("cancel", 200);
    expect(usual.of("cancel")).toBe(120);
  });

  // Above the request's whole time, every request would be refused, and nothing would ever be measured again.
  test("never exceeds its maximum, however long a process was suspended", () => {
    const usual = createUsualTime(5000);
    usual.saw("cancel", 3_600_000);
    expect(usual.of("cancel")).toBe(5000);
    usual.saw("cancel", 0);
    expect(usual.of("cancel")).toBe(4000);
  });
});
