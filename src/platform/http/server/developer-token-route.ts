import { type FastifyInstance } from "fastify";
import { sendError } from "./error-response";
import { type DeveloperIssuer } from "../../auth/developer-issuer";

export const DEVELOPER_TOKEN_PATH = "/dev/token";

const MAX_CLAIMS = 10;
const CLAIM_NAME = /^[a-z_]{1,32}$/;
/** Claims that only the issuer sets. */
const RESERVED_CLAIMS = new Set(["iss", "aud", "exp", "iat", "nbf", "jti"]);
const MAX_VALUE_LENGTH = 256;

/** `GET /dev/token?sub=…&tax_id=…&scope=…` returns `{ "token": "…" }` with exactly these claims. Sandbox mode only. */
export function registerDeveloperToken(server: FastifyInstance, issuer: DeveloperIssuer): void {
  server.get(DEVELOPER_TOKEN_PATH, async (request, reply) => {
    const claims = Object.entries(request.query as Record<string, unknown>);
    const isValid =
      claims.length <= MAX_CLAIMS &&
      claims.every(
        ([name, value]) =>
          CLAIM_NAME.test(name) &&
          !RESERVED_CLAIMS.has(name) &&
          typeof value === "string" &&
          value.length <= MAX_VALUE_LENGTH,
      );
    if (!isValid || !claims.some(([name, value]) => name === "sub" && value))
      return sendError(reply, 400, "BAD_USER_INPUT");
    return { token: await issuer.issue(Object.fromEntries(claims) as Record<string, string>) };
  });
}
