type ConnectionParams = Readonly<Record<string, unknown>>;

/** Where clients put their token, in any case: GraphiQL and Hive Gateway say `Authorization`, Apollo Router's passthrough says `token`. */
const TOKEN_NAMES = ["authorization", "token"];
/** Many clients put the headers of their HTTP requests there as they are. */
const HEADERS_KEY = "headers";
/** For what is no text: it is refused, as any text that is none. */
const INVALID_TOKEN = "";
const BARE_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** A header that a client sends although it has no token: empty, or the scheme alone. */
const isEmptyToken = (value: unknown) => typeof value === "string" && /^\s*(bearer\s*)?$/i.test(value);
const isRecord = (value: unknown): value is ConnectionParams => typeof value === "object" && value !== null;

function getParam(params: ConnectionParams, name: string): unknown {
  return Object.entries(params).find(
    ([key, value]) => key.toLowerCase() === name && (value ?? undefined) !== undefined && !isEmptyToken(value),
  )?.[1];
}

/** The `Authorization` that a `connection_init` brings, with its scheme where there was only the token; undefined where there is none. */
export function getAuthorization(params: ConnectionParams = {}): string | undefined {
  const headers = getParam(params, HEADERS_KEY);
  const sources = isRecord(headers) ? [params, headers] : [params];
  const [token] = sources.flatMap((source) =>
    TOKEN_NAMES.map((name) => getParam(source, name)).filter((value) => value !== undefined),
  );
  if (token === undefined) return undefined;
  if (typeof token !== "string") return INVALID_TOKEN;
  const text = token.trim();
  return BARE_TOKEN.test(text) ? `Bearer ${text}` : text;
}
