import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JWK } from "jose";
import { startTokenIssuer } from "../../kit/tokens/token-issuer";

/** A key server with the key of the developer issuer whose data directory this is, for routers that verify its tokens. */
export function startDeveloperKeys(dataDirectory: string) {
  const key = JSON.parse(readFileSync(join(dataDirectory, "developer-issuer.json"), "utf8")) as JWK;
  delete key.d;
  return startTokenIssuer([key]);
}
