import { type Caller } from "./callers";

/** The headers that say who is asking, or what to tell the developer who has to do without. */
export type Access = { readonly headers: Readonly<Record<string, string>> } | { readonly notice: string };

const BY_HAND = 'Put one of your own under Headers: { "Authorization": "Bearer …" }';

/** What a page that is given no token shows. */
export const noTokens: Access = { notice: `This server gives out no developer tokens. ${BY_HAND}` };

/** Fetches a token for the caller, anew each time, so that none outlives the key it was signed with. Never rejects. */
export async function fetchAccess(tokenUrl: string, { claims }: Caller): Promise<Access> {
  if (claims === undefined) return { headers: {} };
  try {
    const response = await fetch(`${tokenUrl}?${new URLSearchParams(claims).toString()}`, { cache: "no-store" });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const answer = (await response.json()) as { readonly token?: unknown } | null;
    if (typeof answer?.token !== "string") throw new Error("the answer holds no token");
    return { headers: { authorization: `Bearer ${answer.token}` } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { notice: `The developer token could not be fetched (${reason}). ${BY_HAND}` };
  }
}
