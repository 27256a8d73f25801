/** Set on every response. Responses are data for a router: pages must not frame, cache or execute them. */
export const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** Added with TLS: browsers use only https for this host, for one year. */
export const TLS_HEADERS = { "strict-transport-security": "max-age=31536000" } as const;
