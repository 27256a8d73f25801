import { z } from "zod";
import { ConfigError } from "../config/config.errors";

const USAGE = "npm run webhooks:replay -- --since <ISO 8601 time, for example 2026-02-01T00:00:00Z>";

/** Parses the arguments `--since TIME` to epoch ms. Throws ConfigError with the usage. */
export function parseSince([flag, text, ...rest]: readonly string[]): number {
  const since = z.iso.datetime({ offset: true }).safeParse(text);
  if (flag !== "--since" || rest.length > 0 || !since.success) throw new ConfigError([USAGE]);
  return Date.parse(since.data);
}
