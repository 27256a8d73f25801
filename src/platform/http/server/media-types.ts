const JSON_TYPE = "application/json";
const RESPONSE_TYPE = "application/graphql-response+json";
const UTF_8: readonly string[] = ["utf-8", "utf8", ""];

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
  readonly position: number;
}

function getPreference(type: string, accept: string): Preference {
  const ranges = accept.split(",").map((text, position) => {
    const { type: range, getParameterValues } = parseMediaType(text);
    const [q = "1"] = getParameterValues("q");
    return { type, quality: Number.parseFloat(q) || 0, specificity: getSpecificity(range, type), position };
  });
  const none: Preference = { type, quality: 0, specificity: -1, position: 0 };
  return ranges.reduce((best, range) => (range.specificity > best.specificity ? range : best), none);
}

/** The media type of a GraphQL response that the client prefers, or JSON if it accepts neither (RFC 9110, 12.5.1). */
export function negotiateResponseType(accept: string | undefined): string {
  if (accept === undefined || accept === "*/*" || accept === JSON_TYPE) return `${JSON_TYPE}; charset=utf-8`;
  const [json, response] = [JSON_TYPE, RESPONSE_TYPE].map((type) => getPreference(type, accept)) as [
    Preference,
    Preference,
  ];
  const difference =
    response.quality - json.quality || response.specificity - json.specificity || json.position - response.position;
  return `${difference > 0 ? RESPONSE_TYPE : JSON_TYPE}; charset=utf-8`;
}
