// Sign, whole part, fraction, exponent.
const DECIMAL = /^([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:e([+-]?\d{1,2}))?$/i;
const MAX_WHOLE_DIGITS = 15;
const MAX_PLACES = 6;
/** What a double holds for certain: 19.900000000000002, the sum of two prices, is 19.9. */
const DOUBLE_DIGITS = 15;
const CURRENCY = /^[A-Z]{3}$/;
const USUAL_PLACES = 2;

/** At most one entry for each code of three letters. */
const placesByCurrency = new Map<string, number>();

/** Decimal places of a currency's smallest unit: 2 for BRL, 0 for JPY, 3 for KWD; 2 for what is no ISO 4217 code. */
function placesOf(currency: string): number {
  if (!CURRENCY.test(currency)) return USUAL_PLACES;
  const format = { style: "currency", currency } as const;
  const places =
    placesByCurrency.get(currency) ??
    new Intl.NumberFormat("en", format).resolvedOptions().maximumFractionDigits ??
    USUAL_PLACES;
  placesByCurrency.set(currency, places);
  return places;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(Number(value.toPrecision(DOUBLE_DIGITS)));
  return typeof value === "string" ? value.trim() : undefined;
}

/** By hand: the regular expression for it takes quadratic time. */
function withoutFinalZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  return digits.slice(0, end);
}

/**
 * Reads an amount, decimal text or a number, and returns it as canonical decimal text: no exponent, no needless zero, no sign before
 * zero, and at least the places of its currency. More places are kept, as rounding would change the amount. Null for what is no
 * amount: more than 15 digits before the point or 6 after it, a comma, a currency sign.
 */
export function readAmount(value: unknown, currency: string): string | null {
  const found = DECIMAL.exec(textOf(value) ?? "");
  if (!found) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = found;
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction)
    .padEnd(point, "0")
    .padStart(whole.length + fraction.length - Math.min(point, 0), "0");
  const start = Math.max(point, 0);
  const units = digits.slice(0, start).replace(/^0+/, "");
  const rest = withoutFinalZeros(digits.slice(start));
  if (units.length > MAX_WHOLE_DIGITS || rest.length > MAX_PLACES) return null;
  const places = rest.padEnd(placesOf(currency), "0");
  const isZero = units === "" && rest === "";
  return `${sign === "-" && !isZero ? "-" : ""}${units || "0"}${places && `.${places}`}`;
}
