// Groups: date, time without zone, zone.
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** ISO 8601 text in UTC, or null for a moment that is none or lies outside the years 1 to 9999. */
export function utcText(moment: Date): string | null {
  if (Number.isNaN(moment.getTime())) return null;
  const text = moment.toISOString();
  return /^\d{4}-/.test(text) ? text : null;
}

/** Reads ISO 8601 text; a time without a zone is UTC, whatever the machine's own zone. Any other text is null. */
export function readUtcText(text: string): string | null {
  const [, date, time = "00:00", zone = "Z"] = ISO.exec(text) ?? [];
  return date === undefined ? null : utcText(new Date(`${date}T${time}${zone}`));
}
