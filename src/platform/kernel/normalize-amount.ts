// Sign, whole part, fraction, exponent.
const DECIMAL = /^([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:e([+-]?\d{1,2}))?$/i;
const MAX_WHOLE_DIGITS = 15;
const MAX_FRACTION_DIGITS = 6;
/** The digits that a double holds exactly: 19.900000000000002, the sum of two prices, is 19.9. */
const DOUBLE_DIGITS = 15;
const CURRENCY = /^[A-Z]{3}$/;
const DEFAULT_FRACTION_DIGITS = 2;

const fractionDigitsByCurrency = new Map<string, number>();

/** Decimal places of a currency's smallest unit: 2 for BRL, 0 for JPY, 3 for KWD; 2 if it is no ISO 4217 code. */
function getFractionDigits(currency: string): number {
  if (!CURRENCY.test(currency)) return DEFAULT_FRACTION_DIGITS;
  const format = { style: "currency", currency } as const;
  const fractionDigits =
    fractionDigitsByCurrency.get(currency) ??
    new Intl.NumberFormat("en", format).resolvedOptions().maximumFractionDigits ??
    DEFAULT_FRACTION_DIGITS;
  fractionDigitsByCurrency.set(currency, fractionDigits);
  return fractionDigits;
}

function toText(value: unknown): string | undefined {
  if (typeof value === "number") return String(Number(value.toPrecision(DOUBLE_DIGITS)));
  return typeof value === "string" ? value.trim() : undefined;
}

/** A loop: the regular expression for it takes quadratic time. */
function trimTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  return digits.slice(0, end);
}

/**
 * Returns an amount, decimal text or a number, as canonical decimal text: no exponent, no redundant zero, no sign before zero, and at
 * least the decimal places of its currency. More places are not rounded. Returns null if it is not an amount: more than 15 digits
 * before the point or 6 after it, a comma, a currency sign.
 */
export function normalizeAmount(value: unknown, currency: string): string | null {
  const match = DECIMAL.exec(toText(value) ?? "");
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction)
    .padEnd(point, "0")
    .padStart(whole.length + fraction.length - Math.min(point, 0), "0");
  const start = Math.max(point, 0);
  const integerPart = digits.slice(0, start).replace(/^0+/, "");
  const fractionPart = trimTrailingZeros(digits.slice(start));
  if (integerPart.length > MAX_WHOLE_DIGITS || fractionPart.length > MAX_FRACTION_DIGITS) return null;
  const decimals = fractionPart.padEnd(getFractionDigits(currency), "0");
  const isZero = integerPart === "" && fractionPart === "";
  return `${sign === "-" && !isZero ? "-" : ""}${integerPart || "0"}${decimals && `.${decimals}`}`;
}
