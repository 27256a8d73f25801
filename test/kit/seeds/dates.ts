/** Matches the time of the seeded cancellation, which is relative to the same date. */
export const CANCELLATION_TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-05T10:10:06\.101Z$/);
/** Matches the activation of a seeded offer and its billings: they are relative to the date of the sandbox's start. */
export const BILLING_DAY: unknown = expect.stringMatching(/^\d{4}-\d\d-05T12:00:00(\.000)?Z$/);
