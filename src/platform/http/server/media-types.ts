const JSON_TYPE = "application/json";
const RESPONSE_TYPE = "application/graphql-response+json";
const UTF_8: readonly string[] = ["utf-8", "utf8", ""];

/** The value of `Content-Type` for this media type. */
const inUtf8 = (type: string): string => `${type}; charset=utf-8`;

/** Parses a media type or media range. A repeated parameter has several values. */
function parseMediaType(text: string): {
  readonly type: string;
  readonly getParameterValues: (name: string) => readonly string[];
} {
  const [type = "", ...parameters] = text.split(";");
  const pairs = parameters.map((parameter) => {
    const [name = "", value = ""] = parameter.split("=", 2);
    return [
      name.trim().toLowerCase(),
      value
        .trim()
        .replace(/^(["'])(.*)\1$/, "$2")
        .trim()
        .toLowerCase(),
    ] as const;
  });
  return {
    type: type.trim().toLowerCase(),
    getParameterValues: (name) => pairs.filter(([key]) => key === name).map(([, value]) => value),
  };
}

/** Whether a `Content-Type` is JSON in UTF-8. Empty and unknown parameters are ignored (RFC 9110, 8.3). */
export function isUtf8Json(contentType = ""): boolean {
  if (contentType === JSON_TYPE) return true; // the most common value
  const { type, getParameterValues } = parseMediaType(contentType);
  return type === JSON_TYPE && getParameterValues("charset").every((charset) => UTF_8.includes(charset));
}

/** How specifically a media range matches, or -1. The most specific range applies (RFC 9110, 12.5.1). */
function getSpecificity(range: string, type: string): number {
  return [range === "*/*", range === "application/*", range === type].lastIndexOf(true);
}

interface Preference {
  readonly type: string;
  readonly quality: number;
  readonly specificity: number;
}

function getPreference(type: string, accept: string): Preference {
  const ranges = accept.split(",").map((text) => {
    const { type: range, getParameterValues } = parseMediaType(text);
    const [q = "1"] = getParameterValues("q");
    return { type, quality: Number.parseFloat(q) || 0, specificity: getSpecificity(range, type) };
  });
  const none: Preference = { type, quality: 0, specificity: -1 };
  return ranges.reduce((best, range) => (range.specificity > best.specificity ? range : best), none);
}

/** The media type of a GraphQL response that the client prefers; JSON if it accepts both equally, or neither (RFC 9110, 12.5.1). */
export function negotiateResponseType(accept: string | undefined): string {
  if (accept === undefined || accept === "*/*" || accept === JSON_TYPE) return inUtf8(JSON_TYPE);
  const [json, response] = [JSON_TYPE, RESPONSE_TYPE].map((type) => getPreference(type, accept)) as [
    Preference,
    Preference,
  ];
  const difference = response.quality - json.quality || response.specificity - json.specificity;
  return inUtf8(response.quality > 0 && difference > 0 ? RESPONSE_TYPE : JSON_TYPE);
}

/** Whether the client gets its GraphQL response as `application/json`. */
export const prefersJson = (accept: string | undefined): boolean => negotiateResponseType(accept) === inUtf8(JSON_TYPE);
