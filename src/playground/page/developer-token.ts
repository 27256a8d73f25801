/** A token, or what to tell the developer who has to do without one. */
export type DeveloperToken = { readonly token: string } | { readonly notice: string };

const BY_HAND = 'Put one of your own under Headers: { "Authorization": "Bearer …" }';

/** Fetches the token anew on every load, so that no stored one outlives the key it was signed with. Never rejects. */
export async function fetchDeveloperToken(url: string | undefined): Promise<DeveloperToken> {
  if (url === undefined) return { notice: `This server gives out no developer tokens. ${BY_HAND}` };
  try {
    const response = await fetch(url, { cache: "no-store" });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const answer = (await response.json()) as { readonly token?: unknown } | null;
    if (typeof answer?.token !== "string") throw new Error("the answer holds no token");
    return { token: answer.token };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { notice: `The developer token could not be fetched (${reason}). ${BY_HAND}` };
  }
}
