import { readFileSync } from "node:fs";
import { z } from "zod";
import { isAddressRange } from "../platform/auth/address-check";
import { normalizeOrigin } from "../platform/http/server/allowed-origins";

// The types of variables: which text is valid, and what it is parsed as.

export const integer = (min: number, max: number, fallback: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be a whole number from ${min} to ${max}`)
    .max(max, `must be a whole number from ${min} to ${max}`)
    .default(fallback);
export const timeoutMs = (fallback: number) => integer(1, 600_000, fallback);
export const flag = z
  .enum(["true", "false"], { error: 'must be "true" or "false"' })
  .transform((text) => text === "true");
export const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names, { error: `must be one of: ${names.join(", ")}` });
/** Credentials in a URL would not be sent, but would appear wherever the URL is logged. */
function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}
export const httpUrl = z.string().refine(isHttpUrl, "must be an http or https URL without credentials");
export const databaseUrl = z
  .string()
  .refine(
    (text) => /^sqlite:./.test(text) || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)),
    "must be sqlite:FILE, sqlite::memory: or postgres://…",
  );
export const headerText = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, "must be visible ASCII: it is sent as a header");
/** RFC 7617: the first colon ends the name. */
export const basicUsername = z
  .string()
  .regex(/^[^:\p{Cc}]+$/u, "must have neither a colon nor control characters: it is a username of Basic credentials");
export const commaList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((parts) => parts.every((part) => part.length > 0), "must be a comma list without empty parts");
export const secretList = commaList.refine(
  (parts) => parts.every((part) => part === "" || headerText.safeParse(part).success),
  "must be visible ASCII: each secret is compared with a header",
);
export const addressList = commaList.refine(
  (parts) => parts.every(isAddressRange),
  "must be a comma list of IP addresses, or networks such as 192.0.2.0/24",
);
export const originList = commaList.transform((parts, context) => {
  const origins = parts.map(normalizeOrigin).filter((origin) => origin !== undefined);
  if (origins.length === parts.length) return origins;
  context.addIssue({
    code: "custom",
    message:
      "must be a comma list of origins such as https://app.example.com, without a path; only loopback hosts may have the port *",
  });
  return z.NEVER;
});
export const pemFile = z.string().transform((file, context) => {
  try {
    const text = readFileSync(file, "utf8");
    if (text.includes("-----BEGIN ")) return text;
    context.addIssue({ code: "custom", message: "names a file that is not PEM" });
    return z.NEVER;
  } catch {
    context.addIssue({ code: "custom", message: "names a file that cannot be read" });
    return z.NEVER;
  }
});

/** Compares with the encoded bytes, because Buffer.from skips characters that are not base64. */
export function isBase64Key(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === 32 && bytes.toString("base64") === text;
}
export const base64Key = z.string().refine(isBase64Key, "must be 32 bytes in base64");
