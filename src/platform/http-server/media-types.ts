const JSON_TYPE = "application/json";
const RESPONSE_TYPE = "application/graphql-response+json";
const UTF_8: readonly string[] = ["utf-8", "utf8", ""];

/** A media type, or a range of them, with its parameters by name; a parameter that is given twice has both values. */
function partsOf(text: string): { readonly type: string; readonly valuesOf: (name: string) => readonly string[] } {
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
    valuesOf: (name) => pairs.filter(([key]) => key === name).map(([, value]) => value),
  };
}

/** Whether a `Content-Type` is JSON in UTF-8. Parameters that are empty, or that JSON does not have, are ignored (RFC 9110, 8.3). */
export function isUtf8Json(contentType = ""): boolean {
  if (contentType === JSON_TYPE) return true; // what nearly every client sends
  const { type, valuesOf } = partsOf(contentType);
  return type === JSON_TYPE && valuesOf("charset").every((charset) => UTF_8.includes(charset));
}

/** How well a range of an `Accept` header matches: the more specific one counts (RFC 9110, 12.5.1). */
function specificity(range: string, type: string): number {
  return [range === "*/*", range === "application/*", range === type].lastIndexOf(true);
}

interface Preference {
  readonly type: string;
  readonly quality: number;
  readonly specific: number;
  readonly place: number;
}

function preferenceFor(type: string, accept: string): Preference {
  const ranges = accept.split(",").map((text, place) => {
    const { type: range, valuesOf } = partsOf(text);
    const [q = "1"] = valuesOf("q");
    return { type, quality: Number.parseFloat(q) || 0, specific: specificity(range, type), place };
  });
  const none: Preference = { type, quality: 0, specific: -1, place: 0 };
  return ranges.reduce((best, range) => (range.specific > best.specific ? range : best), none);
}

/** The media type of a GraphQL response: what the client prefers, or JSON if it accepts neither (RFC 9110, 12.5.1). */
export function responseTypeFor(accept: string | undefined): string {
  if (accept === undefined || accept === "*/*" || accept === JSON_TYPE) return `${JSON_TYPE}; charset=utf-8`;
  const [json, response] = [JSON_TYPE, RESPONSE_TYPE].map((type) => preferenceFor(type, accept)) as [
    Preference,
    Preference,
  ];
  const difference =
    response.quality - json.quality || response.specific - json.specific || json.place - response.place;
  return `${difference > 0 ? RESPONSE_TYPE : JSON_TYPE}; charset=utf-8`;
}
