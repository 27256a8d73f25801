/**
 * When a day begins in UTC, epoch ms; undefined for a day that does not exist (30 February) or lies outside the years 1 to 9999.
 * `month` is 1 to 12.
 */
export function startOfDay(year: number, month: number, day: number): number | undefined {
  if (year < 1 || year > 9999) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // `Date.UTC` takes the years 0 to 99 for 1900 to 1999
  const isSame = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isSame ? date.getTime() : undefined; // a day that does not exist became another one
}
