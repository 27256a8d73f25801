import { basicAuth } from "../kit/http/webhooks";
import { type Commit, type ReceivedRequest } from "../kit/sandbox-control";
import { startSandboxes, type Sandboxes } from "../../src/sandbox/index";

export interface VendorResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface VendorRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sends a string as it is, and another body as JSON. */
export async function send(
  url: string,
  { method = "GET", headers = {}, body }: VendorRequest = {},
): Promise<VendorResponse> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method,
    headers,
    redirect: "manual",
    ...(text === undefined ? {} : { body: text }),
  });
  const received = await response.text();
  return { status: response.status, headers: response.headers, text: received, json: parseJson(received) };
}

/** The control endpoints of one vendor, with complete responses, for tests of these endpoints. Other tests use `SandboxControl`. */
export class ControlClient {
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
  }

  call(path: string, call: VendorRequest = {}): Promise<VendorResponse> {
    return send(`${this.#url()}/__sandbox/${path}`, call);
  }

  reset(): Promise<VendorResponse> {
    return this.call("reset", { method: "POST" });
  }

  fault(fault: object): Promise<VendorResponse> {
    return this.call("faults", { method: "POST", body: { match: {}, ...fault } });
  }

  clock(body: object): Promise<VendorResponse> {
    return this.call("clock", { method: "POST", body });
  }

  async requests(): Promise<ReceivedRequest[]> {
    return (await this.call("requests")).json as ReceivedRequest[];
  }

  async state<State>(): Promise<State & { now: string; commits: Commit[] }> {
    return (await this.call("state")).json as State & { now: string; commits: Commit[] };
  }

  async commits(): Promise<Commit[]> {
    return (await this.state()).commits;
  }
}

const API_KEY = { "x-api-key": "sandbox-avibra-api-key" };

/** A client of the Avibra sandbox as Avibra documents it; a test can replace headers. */
export class AvibraClient {
  readonly control: ControlClient;
  readonly #url: () => string;
  #token = "";

  constructor(url: () => string) {
    this.#url = url;
    this.control = new ControlClient(url);
  }

  url(path: string): string {
    return `${this.#url()}${path}`;
  }

  async token(form: Readonly<Record<string, string>> = {}): Promise<VendorResponse> {
    return send(this.url("/oauth2/token"), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: "sandbox-client",
        client_secret: "sandbox-client-secret",
        scope: "partner/api",
        ...form,
      }).toString(),
    });
  }

  async signIn(): Promise<string> {
    const { json } = await this.token();
    this.#token = (json as { access_token: string }).access_token;
    return this.#token;
  }

  bearerHeaders(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }

  keyedHeaders(key: string): Record<string, string> {
    return { ...this.bearerHeaders(), ...API_KEY, version: "v2", "idempotency-key": key };
  }

  post(path: string, key: string, body: unknown): Promise<VendorResponse> {
    return send(this.url(path), { method: "POST", headers: this.keyedHeaders(key), body });
  }

  create(userid: string, key: string, more: object = {}): Promise<VendorResponse> {
    const user = {
      userid,
      partnername: "sandbox-partner",
      firstname: "Eva",
      lastname: "Reis",
      email: "eva@example.com",
    };
    return this.post("/user/account/create", key, { ...user, ...more });
  }

  update(userid: string, key: string, more: object = {}): Promise<VendorResponse> {
    return this.post("/user/account/update", key, { userid, partnername: "sandbox-partner", ...more });
  }

  prefill(userid: string, key: string, more: object = {}): Promise<VendorResponse> {
    return this.post("/user/prefill", key, { userid, ...more });
  }

  changeOffer(userid: string, key: string, offer: object): Promise<VendorResponse> {
    return this.post("/user/offers", key, { userid, partnername: "sandbox-partner", offers: [offer] });
  }

  cancel(userid: string, key: string): Promise<VendorResponse> {
    return send(this.url(`/user/account/cancel/${userid}`), { method: "DELETE", headers: this.keyedHeaders(key) });
  }

  benefits(userid: string): Promise<VendorResponse> {
    return send(this.url(`/user/benefits/${userid}`), { headers: this.bearerHeaders() });
  }

  linkToken(userid: string, headers: Readonly<Record<string, string>> = {}): Promise<VendorResponse> {
    const basic = basicAuth("sandbox-link", "sandbox-link-password");
    return send(this.url("/user/linktoken3"), {
      method: "POST",
      headers: { authorization: basic, ...API_KEY, ...headers },
      body: { userid, partnername: "sandbox-partner" },
    });
  }
}

const DELBANK_HEADERS = { "x-delbank-api-key": "sandbox-delbank-api-key", "x-delfinance-account-id": "10000" };
export const OLDER = "/baas/api/v1/automatic-pix/authorizations";
export const NEWER = "/baas/api/v1/pix/automatic/authorizations";

/** A client of the Delbank sandbox as Delbank documents it. */
export class DelbankClient {
  readonly control: ControlClient;
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
    this.control = new ControlClient(url);
  }

  url(path: string): string {
    return `${this.#url()}${path}`;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<VendorResponse> {
    return send(this.url(path), { headers: { ...DELBANK_HEADERS, ...headers } });
  }

  post(path: string, body: unknown): Promise<VendorResponse> {
    return send(this.url(path), { method: "POST", headers: DELBANK_HEADERS, body });
  }

  cancel(recurrenceId: string, body: object = {}): Promise<VendorResponse> {
    return this.post(`${OLDER}/${recurrenceId}/cancellations`, {
      payerAccountType: "NATURAL",
      cancellationReqDocument: "04623217035",
      cancellationReason: "REQUESTED_BY_PAYER",
      ...body,
    });
  }
}

/** Both sandboxes for a test file, on free ports and reset before every test. */
export function useSandboxes(): { avibra: AvibraClient; delbank: DelbankClient } {
  let sandboxes: Sandboxes | undefined;
  const avibra = new AvibraClient(() => sandboxes?.avibra.url ?? "");
  const delbank = new DelbankClient(() => sandboxes?.delbank.url ?? "");
  beforeAll(async () => {
    sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
    await avibra.signIn();
  });
  beforeEach(async () => {
    await Promise.all([avibra.control.reset(), delbank.control.reset()]);
  });
  afterAll(async () => {
    await sandboxes?.close();
  });
  return { avibra, delbank };
}
