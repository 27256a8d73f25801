type Params = Readonly<Record<string, unknown>>;

/** Where clients put their token, in any case: GraphiQL and Hive Gateway say `Authorization`, Apollo Router's passthrough says `token`. */
const TOKEN_NAMES = ["authorization", "token"];
/** Many clients put the headers of their HTTP requests there as they are. */
const HEADERS = "headers";
/** For what is no text: it is refused, as any text that is none. */
const NO_TOKEN = "";
const BARE_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** A header that a client sends although it has no token: empty, or the scheme alone. */
const isEmpty = (value: unknown) => typeof value === "string" && /^\s*(bearer\s*)?$/i.test(value);
const isRecord = (value: unknown): value is Params => typeof value === "object" && value !== null;

function valueOf(params: Params, name: string): unknown {
  return Object.entries(params).find(
    ([key, value]) => key.toLowerCase() === name && (value ?? undefined) !== undefined && !isEmpty(value),
  )?.[1];
}

/** The `Authorization` that a `connection_init` brings, with its scheme where there was only the token; undefined where there is none. */
export function authorizationIn(params: Params = {}): string | undefined {
  const headers = valueOf(params, HEADERS);
  const places = isRecord(headers) ? [params, headers] : [params];
  const [found] = places.flatMap((place) =>
    TOKEN_NAMES.map((name) => valueOf(place, name)).filter((one) => one !== undefined),
  );
  if (found === undefined) return undefined;
  if (typeof found !== "string") return NO_TOKEN;
  const text = found.trim();
  return BARE_TOKEN.test(text) ? `Bearer ${text}` : text;
}
