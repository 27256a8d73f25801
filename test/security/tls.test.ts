import { request, type RequestOptions } from "node:https";
import { connect as connectPlain } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { createCertificateAuthority, type CertificateIdentity, writeTempFiles } from "../kit/certificates";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const SECRET = "the-router's-secret";
const DAY_MS = 86_400_000;

let trusted: Awaited<ReturnType<typeof createCertificateAuthority>>;
let router: CertificateIdentity;
let expired: CertificateIdentity;
let ofOtherAuthority: CertificateIdentity;
/** Of an authority with the name of `trusted` and another key. */
let ofSameName: CertificateIdentity;
let files: ReturnType<typeof writeTempFiles<"cert" | "key" | "ca">>;

beforeAll(async () => {
  trusted = await createCertificateAuthority("ours");
  const server = await trusted.issue("subgraph");
  router = await trusted.issue("router");
  expired = await trusted.issue("old router", {
    notBefore: new Date(Date.now() - 2 * DAY_MS),
    notAfter: new Date(Date.now() - DAY_MS),
  });
  ofOtherAuthority = await (await createCertificateAuthority("theirs")).issue("router");
  ofSameName = await (await createCertificateAuthority("ours")).issue("router");
  files = writeTempFiles({ cert: server.cert, key: server.key, ca: trusted.cert });
});
afterAll(() => {
  files.remove();
});

interface ReceivedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends one request on a new connection. */
function send(url: string, options: RequestOptions & { readonly body?: string } = {}): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const sent = request(url, { ca: trusted.cert, agent: false, ...rest }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    sent.on("error", reject).end(body);
  });
}

const operation = { method: "POST", body: '{"query":"{ __typename }"}' };
const headers = { "content-type": "application/json", "router-authorization": SECRET };

describe("a subgraph with TLS_CERT_FILE", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph({ TLS_CERT_FILE: files.files.cert, TLS_KEY_FILE: files.files.key });
  });
  afterAll(() => subgraph.stop());

  test("serves https with Strict-Transport-Security to a client without a certificate", async () => {
    expect(subgraph.url).toMatch(/^https:/);
    const response = await send(`${subgraph.url}/graphql`, { ...operation, headers });
    expect(response).toMatchObject({ status: 200, body: '{"data":{"__typename":"Query"}}\n' });
    expect(response.headers["strict-transport-security"]).toBe("max-age=31536000");
  });

  test("sends no response to plain HTTP", async () => {
    const received = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connectPlain(Number(new URL(subgraph.url).port), "127.0.0.1");
      socket.on("data", (chunk) => (text += chunk.toString())).on("error", () => undefined);
      socket.on("close", () => {
        resolve(text);
      });
      socket.write("GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n");
    });
    expect(received).not.toContain("HTTP/");
    expect(received).not.toContain("live");
  });

  test("rejects TLS 1.1 and accepts TLS 1.2", async () => {
    const old: RequestOptions = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(send(`${subgraph.url}/health/live`, old)).rejects.toThrow(/alert|protocol/i);
    expect((await send(`${subgraph.url}/health/live`, { maxVersion: "TLSv1.2" })).status).toBe(200);
  });
});

describe("a subgraph with TLS_CLIENT_CA_FILE", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph({
      TLS_CERT_FILE: files.files.cert,
      TLS_KEY_FILE: files.files.key,
      TLS_CLIENT_CA_FILE: files.files.ca,
      ROUTER_SECRETS: SECRET,
    });
  });
  afterAll(() => subgraph.stop());

  const clients: readonly (readonly [string, number, () => Partial<CertificateIdentity>])[] = [
    ["no certificate", 401, () => ({})],
    ["a certificate of another authority", 401, () => ofOtherAuthority],
    ["an expired certificate", 401, () => expired],
    ["a certificate of the authority", 200, () => router],
  ];
  describe.each(["TLSv1.2", "TLSv1.3"] as const)("over %s", (version) => {
    const tls = { minVersion: version, maxVersion: version };

    test.each(clients)("responds to a client with %s and the right secret with %i", async (_what, status, identity) => {
      const options = { ...operation, ...tls, ...identity(), headers };
      const response = await send(`${subgraph.url}/graphql`, options);
      expect(response.status).toBe(status);
      if (status === 401) {
        expect(JSON.parse(response.body)).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
      }
    });

    test("refuses a WebSocket handshake without the secret with 401 if its client has no certificate", async () => {
      const handshake = {
        connection: "upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": `${"a".repeat(22)}==`,
      };
      expect((await send(`${subgraph.url}/graphql`, { ...tls, headers: handshake })).status).toBe(401);
    });

    /** Gets a TLS session from a health check, and sends GraphQL on a second connection that resumes the session. */
    async function resume(identity: Partial<CertificateIdentity>): Promise<{ isResumed: boolean; status: string }> {
      const { port } = new URL(subgraph.url);
      const options: ConnectionOptions = {
        host: "127.0.0.1",
        port: Number(port),
        ca: trusted.cert,
        ...tls,
        ...identity,
      };
      const first = connect(options);
      const session = await new Promise<Buffer>((resolve, reject) => {
        first.once("error", reject).once("session", resolve);
        first.once("secureConnect", () => first.write("GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n"));
      });
      first.destroy();
      const second: TLSSocket = connect({ ...options, session });
      const status = await new Promise<string>((resolve, reject) => {
        second.once("error", reject).once("data", (chunk: Buffer) => {
          resolve(/ (\d{3}) /.exec(chunk.toString())?.[1] ?? "");
        });
        second.write(
          `GET /graphql?query={__typename} HTTP/1.1\r\nhost: a\r\napollo-require-preflight: 1\r\nrouter-authorization: ${SECRET}\r\n\r\n`,
        );
      });
      const isResumed = second.isSessionReused();
      second.destroy();
      return { isResumed, status };
    }

    test("rejects a resumed session of a client without a certificate with 401", async () => {
      expect(await resume({})).toEqual({ isResumed: true, status: "401" });
    });

    test("rejects a resumed session of a client of another authority with 401", async () => {
      expect(await resume(ofOtherAuthority)).toEqual({ isResumed: true, status: "401" });
    });

    test("accepts a resumed session of a client of the authority", async () => {
      expect(await resume(router)).toEqual({ isResumed: true, status: "200" });
    });
  });

  test("rejects a certificate of an authority with the same name and another key", async () => {
    // OpenSSL either resets the connection after the handshake or lets the subgraph reject the request.
    const options = { ...operation, ...ofSameName, headers };
    const outcome = await send(`${subgraph.url}/graphql`, options).then(
      ({ status }) => status,
      () => "reset",
    );
    expect([401, "reset"]).toContain(outcome);
  });

  test("rejects a client with a certificate and without the secret with 401", async () => {
    const withoutSecret = { "content-type": "application/json" };
    expect((await send(`${subgraph.url}/graphql`, { ...operation, ...router, headers: withoutSecret })).status).toBe(
      401,
    );
  });

  test.each(["/", "/dev/token?sub=u-1001", "/nothing", "/playground/main.js"])(
    "rejects %s from a client with the secret and without a certificate with 401",
    async (path) => {
      expect((await send(`${subgraph.url}${path}`, { headers })).status).toBe(401);
    },
  );

  test("responds to health checks without a certificate with 200", async () => {
    for (const path of ["/health/live", "/health/ready"])
      expect((await send(`${subgraph.url}${path}`)).status).toBe(200);
  });
});
