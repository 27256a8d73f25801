import { isRecord } from "../../limits/is-record";

type ConnectionParams = Readonly<Record<string, unknown>>;

/** Names of the token, case-insensitive: GraphiQL and Hive Gateway send `Authorization`, Apollo Router's passthrough mode sends `token`. */
const TOKEN_NAMES = ["authorization", "token"];
/** Of routers whose handshake has none of their headers, such as Hive Router. */
const SECRET_NAMES = ["router-authorization"];
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

/** The first of these parameters, which can be among the headers of a client. */
function findParam(params: ConnectionParams, names: readonly string[]): unknown {
  const headers = getParam(params, HEADERS_KEY);
  const sources = isRecord(headers) ? [params, headers] : [params];
  return sources.flatMap((source) => names.map((name) => getParam(source, name))).find((value) => value !== undefined);
}

/** Returns the router's secret of a `connection_init`. Undefined if there is none. */
export function getRouterSecret(params: ConnectionParams = {}): string | undefined {
  const secret = findParam(params, SECRET_NAMES);
  return typeof secret === "string" ? secret : undefined;
}

/** Returns the `Authorization` of a `connection_init`, with the scheme added to a bare token. Undefined if there is none. */
export function getAuthorization(params: ConnectionParams = {}): string | undefined {
  const token = findParam(params, TOKEN_NAMES);
  if (token === undefined) return undefined;
  if (typeof token !== "string") return INVALID_TOKEN;
  const text = token.trim();
  return BARE_TOKEN.test(text) ? `Bearer ${text}` : text;
}
