import { type Claims } from "./claims";

export type GetToken = (claims: Claims) => Promise<string>;

/**
 * Fetches tokens of a subgraph's developer issuer, `GET /dev/token`. The same claims get the same token; a token that could not be
 * fetched is fetched again. `routerSecret` is the value of `router-authorization`, if the subgraph has router secrets.
 */
export function createDeveloperTokens(
  url: string,
  { routerSecret }: { routerSecret?: string | undefined } = {},
): GetToken {
  const tokens = new Map<string, Promise<string>>();
  async function fetchToken(query: string): Promise<string> {
    const headers = routerSecret === undefined ? {} : { "router-authorization": routerSecret };
    const response = await fetch(`${url}/dev/token?${query}`, { headers });
    const { token } = (await response.json()) as { token: string };
    return token;
  }
  return (claims) => {
    const query = new URLSearchParams(claims).toString();
    const token = tokens.get(query) ?? fetchToken(query);
    tokens.set(query, token);
    token.catch(() => tokens.delete(query));
    return token;
  };
}
