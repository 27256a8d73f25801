/** On every answer. Answers are data for a router: no page may show them, keep them, or load anything by them. */
export const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** Beside them where TLS is on: for a year, a browser asks this host by https alone. */
export const TLS_HEADERS = { "strict-transport-security": "max-age=31536000" } as const;
