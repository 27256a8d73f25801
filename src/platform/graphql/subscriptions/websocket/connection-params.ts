import { isRecord } from "../../limits/is-record";

type ConnectionParams = Readonly<Record<string, unknown>>;

/** Names of the token, case-insensitive: GraphiQL and Hive Gateway send `Authorization`, Apollo Router's passthrough mode sends `token`. */
const TOKEN_NAMES = ["authorization", "token"];
/** Many clients send the headers of their HTTP requests under this name. */
const HEADERS_KEY = "headers";
/** Replaces a token that is not text: its verification fails. */
const INVALID_TOKEN = "";
const BARE_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whether a client without a token sent the header: empty, or only the scheme. */
const isEmptyToken = (value: unknown) => typeof value === "string" && /^\s*(bearer\s*)?$/i.test(value);

function getParam(params: ConnectionParams, name: string): unknown {
  return Object.entries(params).find(
    ([key, value]) => key.toLowerCase() === name && (value ?? undefined) !== undefined && !isEmptyToken(value),
  )?.[1];
}

/** Returns the `Authorization` of a `connection_init`, with the scheme added to a bare token. Undefined if there is none. */
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
