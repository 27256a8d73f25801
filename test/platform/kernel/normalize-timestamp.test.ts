import fc from "fast-check";
import { normalizeTimestamp } from "../../../src/platform/kernel/normalize-timestamp";
import { CalendarDate } from "../../../src/features/user/contact.type";
import { isRecurrenceId } from "../../../src/features/pix-authorization/pix-id";
import { parseEvent } from "../../../src/providers/avibra/avibra.webhook";
import { MemberBenefits } from "../../../src/providers/avibra/benefits.wire";
import { Cancellation, CancellationReceipt } from "../../../src/providers/delbank/delbank.wire";

const NOON = "2026-01-05T12:00:00.000Z";

/** Every value, and what all readers make of it. */
const TABLE: readonly (readonly [what: string, value: unknown, expected: string | null])[] = [
  ["UTC", "2026-01-05T12:00:00Z", NOON],
  ["small letters", "2026-01-05t12:00:00z", NOON],
  ["a blank for the T", "2026-01-05 12:00:00", NOON],
  ["no offset", "2026-01-05T12:00:00", NOON],
  ["minutes only", "2026-01-05T12:00", NOON],
  ["hours only", "2026-01-05T12Z", NOON],
  ["blanks around it", " 2026-01-05T12:00:00Z\n", NOON],
  ["an offset", "2026-01-05T09:00:00-03:00", NOON],
  ["an offset without a colon", "2026-01-05T09:00:00-0300", NOON],
  ["an offset of hours", "2026-01-05T09:00:00-03", NOON],
  ["an offset of hours after a fraction", "2026-01-05T09:00:00.000-03", NOON],
  ["an offset over midnight", "2026-01-06T01:30:00+13:30", NOON],
  ["the negative zero of RFC 3339", "2026-01-05T12:00:00-00:00", NOON],
  ["the basic form", "20260105T120000Z", NOON],
  ["the basic form without seconds", "20260105T1200Z", NOON],
  ["the basic form with a fraction and an offset", "20260105T090000,25-0300", "2026-01-05T12:00:00.250Z"],
  ["a comma before the fraction", "2026-01-05T12:00:00,5Z", "2026-01-05T12:00:00.500Z"],
  ["seven places, as .NET writes them", "2026-01-05T12:00:00.1239999", "2026-01-05T12:00:00.123Z"],
  ["a date", "2026-01-05", "2026-01-05T00:00:00.000Z"],
  ["a date in the basic form", "20260105", "2026-01-05T00:00:00.000Z"],
  ["the midnight that ends a day", "2026-02-28T24:00:00Z", "2026-03-01T00:00:00.000Z"],
  ["a leap second", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ["a leap second with an offset", "2016-12-31T20:59:60-03:00", "2017-01-01T00:00:00.000Z"],
  ["the last moment that .NET knows", "9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59.999Z"],
  ["a year of the first century", "0099-03-01T00:00:00Z", "0099-03-01T00:00:00.000Z"],
  ["29 February of a leap year", "2024-02-29", "2024-02-29T00:00:00.000Z"],
  ["29 February of the year 2000", "20000229T000000Z", "2000-02-29T00:00:00.000Z"],
  ["epoch seconds", 1767614400, NOON],
  ["epoch milliseconds", 1767614400000, NOON],
  ["epoch seconds as text", "1767614400", NOON],
  ["epoch milliseconds as text", "1767614400000", NOON],
  ["epoch seconds with a fraction", 1767614400.25, "2026-01-05T12:00:00.250Z"],
  ["epoch seconds with a fraction as text", "1767614400.25", "2026-01-05T12:00:00.250Z"],
  ["the last moment that .NET knows, in epoch milliseconds", 253402300799999, "9999-12-31T23:59:59.999Z"],
  ["30 February", "2026-02-30", null],
  ["30 February with a time", "2026-02-30T12:00:00Z", null],
  ["30 February in the basic form", "20260230T120000Z", null],
  ["29 February of a year that is none", "2026-02-29", null],
  ["29 February of 1900", "1900-02-29T00:00:00Z", null],
  ["31 April", "2026-04-31T00:00:00Z", null],
  ["month 13", "2026-13-01", null],
  ["month 0", "2026-00-10", null],
  ["day 0", "2026-01-00", null],
  ["hour 25", "2026-01-05T25:00:00Z", null],
  ["a minute past 24:00", "2026-01-05T24:01:00Z", null],
  ["a moment past 24:00", "2026-01-05T24:00:00.001Z", null],
  ["minute 60", "2026-01-05T12:60:00Z", null],
  ["second 61", "2026-01-05T12:00:61Z", null],
  ["a leap second where none can be", "2026-01-05T12:00:60Z", null],
  ["a leap second of another zone's midnight", "2016-12-31T23:59:60-03:00", null],
  ["an offset of a day", "2026-01-05T12:00:00+24:00", null],
  ["an offset with 60 minutes", "2026-01-05T12:00:00+03:60", null],
  ["a zone by name", "2026-01-05T12:00:00 America/Sao_Paulo", null],
  ["a fraction of a minute", "2026-01-05T12:30.5Z", null],
  ["a time alone", "T12:00:00Z", null],
  ["a week date", "2026-W02-1", null],
  ["an ordinal date", "2026-005", null],
  ["a year alone", "2026", null],
  ["a month alone", "2026-01", null],
  ["a date with an offset", "2026-01-05Z", null],
  ["the American order", "01/05/2026", null],
  ["the Brazilian order", "05-01-2026", null],
  ["a year of five digits", "12026-01-05", null],
  ["a year with a sign", "+002026-01-05T12:00:00Z", null],
  ["the year 0", "0000-01-01T00:00:00Z", null],
  ["MySQL's zero date", "0000-00-00 00:00:00", null],
  ["a date that is not set", "0001-01-01T00:00:00", null],
  ["a date that is not set, in Brazil's time", "0001-01-01T00:00:00-03:00", null],
  ["a date that is not set, in the basic form", "00010101T000000Z", null],
  ["a moment that an offset moves before the first year", "0001-01-01T00:00:00+03:00", null],
  ["a moment that an offset moves past the last year", "9999-12-31T23:59:59-03:00", null],
  ["a date as a number", 20260205, null],
  ["a date and time as a number", 20260205120000, null],
  ["a date and time without separators", "20260205120000", null],
  ["a date and time to the minute without separators", "202602051200", null],
  ["microseconds", 1767614400000000, null],
  ["a far epoch", 8e15, null],
  ["1e300", 1e300, null],
  ["a negative epoch", -1767614400, null],
  ["zero", 0, null],
  ["zero as text", "0", null],
  ["empty", "", null],
  ["blank", "  ", null],
  ["null", null, null],
  ["absent", undefined, null],
  ["true", true, null],
  ["words", "next month", null],
  ["a word and a number, which Date reads as a month", "offer 5", null],
  ["an object", { seconds: 1 }, null],
  ["very long text", `${NOON}${" ".repeat(100)}`, null],
];

describe.each(TABLE)("%s", (_what, value, expected) => {
  test(`${JSON.stringify(value)} is read as ${expected} by every reader`, () => {
    expect(normalizeTimestamp(value)).toBe(expected);

    const benefit = { benefitid: "b", benefitname: "B", effectiveattimestamp: value, swapexpiresattimestamp: value };
    const currentoffer = { offerid: "o", offername: "O", nextbillingattimestamp: value };
    const member = MemberBenefits.parse({ userid: "u", offers: [], benefits: [benefit], currentoffer });
    expect(member.benefits[0]).toMatchObject({ effectiveAt: expected, swapExpiresAt: expected });
    expect(member.currentOffer).toMatchObject({ nextBillingAt: expected });

    const ids = { RecurrenceId: "r", CancellationId: "c" };
    expect(Cancellation.parse({ ...ids, CancellationAt: value }).cancelledAt).toBe(expected);
    const receipt = { idRecorrencia: "r", idCancelamento: "c", dtHrCancelamento: value };
    expect(CancellationReceipt.parse(receipt).requestedAt).toBe(expected);

    const receivedAt = expected === null ? Date.now() : Date.parse(expected);
    expect(parseEvent({ eventtimestamp: value }, receivedAt)?.at).toBe(expected === null ? null : receivedAt);
  });
});

// An independent calendar: days counted by Fliegel and Van Flandern's formula (1968), no Date anywhere.
const dayNumber = (year: number, month: number, day: number) => {
  const shift = Math.trunc((month - 14) / 12);
  return (
    Math.trunc((1461 * (year + 4800 + shift)) / 4) +
    Math.trunc((367 * (month - 2 - 12 * shift)) / 12) -
    Math.trunc((3 * Math.trunc((year + 4900 + shift) / 100)) / 4) +
    day -
    32075
  );
};
const EPOCH_DAY = dayNumber(1970, 1, 1);
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const lengthOf = (year: number, month: number) =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
const two = (value: number) => String(value).padStart(2, "0");

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}
const parts: fc.Arbitrary<Parts> = fc.record({
  year: fc.oneof(
    fc.integer({ min: 2, max: 9998 }),
    fc.integer({ min: 1970, max: 2040 }),
    fc.constantFrom(1900, 2000, 2024),
  ),
  month: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(2)),
  day: fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 28, max: 31 })),
  hour: fc.integer({ min: 0, max: 23 }),
  minute: fc.integer({ min: 0, max: 59 }),
  second: fc.integer({ min: 0, max: 59 }),
  millisecond: fc.integer({ min: 0, max: 999 }),
  offset: fc.integer({ min: -14 * 60, max: 14 * 60 }),
});

/** Epoch milliseconds by the independent calendar; undefined if there is no such day. */
function momentOf({ year, month, day, hour, minute, second, millisecond, offset }: Parts): number | undefined {
  if (day > lengthOf(year, month)) return undefined;
  const days = dayNumber(year, month, day) - EPOCH_DAY;
  return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + millisecond;
}

/** Extended or basic form, with a point or a comma, with an offset of minutes, or of hours where that says all. */
function write({ year, month, day, hour, minute, second, millisecond, offset }: Parts, isBasic: boolean, mark: string) {
  const [dash, colon] = isBasic ? ["", ""] : ["-", ":"];
  const date = [String(year).padStart(4, "0"), two(month), two(day)].join(dash);
  const time = [two(hour), two(minute), two(second)].join(colon) + mark + String(millisecond).padStart(3, "0");
  const [hours, minutes] = [two(Math.trunc(Math.abs(offset) / 60)), two(Math.abs(offset) % 60)];
  const zone = (offset < 0 ? "-" : "+") + hours + (minutes === "00" ? "" : colon + minutes);
  return `${date}T${time}${zone}`;
}

test("each form of any day is read as that moment, and of a nonexistent day as null", () => {
  const seen = { real: 0, unreal: 0 };
  fc.assert(
    fc.property(parts, fc.boolean(), fc.constantFrom(".", ","), (one, isBasic, mark) => {
      const expected = momentOf(one);
      seen[expected === undefined ? "unreal" : "real"] += 1;
      const read = normalizeTimestamp(write(one, isBasic, mark));
      expect(read === null ? undefined : Date.parse(read)).toBe(expected);
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(seen.real, seen.unreal)).toBeGreaterThan(100);
});

test("any epoch seconds and milliseconds are read as their moment", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100_000_000, max: 4_000_000_000 }), (seconds) => {
      const iso = normalizeTimestamp(seconds);
      expect(Date.parse(iso ?? "")).toBe(seconds * 1000);
      expect(normalizeTimestamp(String(seconds))).toBe(iso);
      fc.pre(!/^(19|20|21)\d{2}(0\d|1[0-2])[0-3]\d[0-2]\d[0-5]\d$/.test(String(seconds * 1000)));
      if (seconds * 1000 >= 1e11) expect(normalizeTimestamp(seconds * 1000)).toBe(iso);
    }),
  );
});

test("any `Date` input and date in a Pix ID is a day of the same calendar", () => {
  const numbers = [
    fc.integer({ min: 0, max: 9999 }),
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 }),
  ] as const;
  fc.assert(
    fc.property(...numbers, (year, month, day) => {
      const isReal = year >= 1 && day >= 1 && day <= lengthOf(year, month);
      const [yyyy, mm, dd] = [String(year).padStart(4, "0"), two(month), two(day)];
      const accepts = (text: string) => {
        try {
          return CalendarDate.parseValue(text) === text;
        } catch {
          return false;
        }
      };
      expect(accepts(`${yyyy}-${mm}-${dd}`)).toBe(isReal);
      expect(isRecurrenceId(`RR04358798${yyyy}${mm}${dd}njua7shf40o`)).toBe(isReal);
    }),
    { numRuns: 1000 },
  );
});
