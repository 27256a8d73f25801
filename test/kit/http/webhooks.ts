/** The webhook credentials of sandbox mode. */
export const WEBHOOK_USER = "sandbox-webhook";
export const WEBHOOK_PASSWORD = "sandbox-webhook-password";

export const basicAuth = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

/** One event as Avibra would send it. */
export interface EventInfo {
  readonly eventname: string;
  readonly userid: string;
  readonly partnername?: string;
  readonly eventtimestamp?: string;
  readonly moredetails?: unknown;
}

export interface WebhookOptions {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts a body to a subgraph's webhook, with valid credentials unless `headers` has others. */
export function postWebhook(
  url: string,
  body: string | EventInfo,
  { key, headers }: WebhookOptions = {},
): Promise<Response> {
  return fetch(`${url}/webhooks/avibra`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD),
      ...(key !== undefined && { "idempotency-key": key }),
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
