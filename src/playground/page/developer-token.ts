import { type Caller } from "./callers";

/** The headers that identify the caller, or a message to the developer if there is no token. */
export type TokenResult = { readonly headers: Readonly<Record<string, string>> } | { readonly notice: string };

const MANUAL_HINT = 'Put one of your own under Headers: { "Authorization": "Bearer …" }';

/** Shown if the server issues no tokens. */
export const tokensUnavailable: TokenResult = { notice: `This server issues no developer tokens. ${MANUAL_HINT}` };

/** Fetches a new token for the caller. Never rejects. */
export async function fetchDeveloperToken(tokenUrl: string, { claims }: Caller): Promise<TokenResult> {
  if (claims === undefined) return { headers: {} };
  try {
    const response = await fetch(`${tokenUrl}?${new URLSearchParams(claims).toString()}`, { cache: "no-store" });
    if (!response.ok) throw new Error(`the server responded with status ${response.status}`);
    const body = (await response.json()) as { readonly token?: unknown } | null;
    if (typeof body?.token !== "string") throw new Error("the response contains no token");
    return { headers: { authorization: `Bearer ${body.token}` } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { notice: `The developer token could not be fetched (${reason}). ${MANUAL_HINT}` };
  }
}
