/**
 * The start of a day in UTC, epoch ms; undefined if the day does not exist (30 February) or is outside the years 1 to 9999. `month` is
 * 1 to 12.
 */
export function startOfDay(year: number, month: number, day: number): number | undefined {
  if (year < 1 || year > 9999) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // `Date.UTC` maps the years 0 to 99 to 1900 to 1999
  const isSame = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isSame ? date.getTime() : undefined; // a day that does not exist becomes another one
}
