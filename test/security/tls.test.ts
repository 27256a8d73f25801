import { get, request as send, type RequestOptions } from "node:https";
import { connect as connectPlain } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { createCertificateAuthority, type CertificateIdentity, writeTempFiles } from "../kit/certificates";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const SECRET = "the-router's-secret";
const DAY_MS = 86_400_000;

let trusted: Awaited<ReturnType<typeof createCertificateAuthority>>;
let router: CertificateIdentity;
let expired: CertificateIdentity;
let stranger: CertificateIdentity;
/** Of an authority that only bears the name of ours. */
let namesake: CertificateIdentity;
let files: ReturnType<typeof writeTempFiles<"cert" | "key" | "ca">>;

beforeAll(async () => {
  trusted = await createCertificateAuthority("ours");
  const server = await trusted.issue("subgraph");
  router = await trusted.issue("router");
  expired = await trusted.issue("old router", {
    notBefore: new Date(Date.now() - 2 * DAY_MS),
    notAfter: new Date(Date.now() - DAY_MS),
  });
  stranger = await (await createCertificateAuthority("theirs")).issue("router");
  namesake = await (await createCertificateAuthority("ours")).issue("router");
  files = writeTempFiles({ cert: server.cert, key: server.key, ca: trusted.cert });
});
afterAll(() => {
  files.remove();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** One request on a connection of its own. */
function ask(url: string, options: RequestOptions & { readonly body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const open = body === undefined ? get : send;
    const request = open(url, { ca: trusted.cert, agent: false, ...rest }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    request.on("error", reject).end(body);
  });
}

const operation = { method: "POST", body: '{"query":"{ __typename }"}' };
const headers = { "content-type": "application/json", "router-authorization": SECRET };

describe("with a certificate of its own", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph({ TLS_CERT_FILE: files.files.cert, TLS_KEY_FILE: files.files.key });
  });
  afterAll(() => subgraph.stop());

  test("it listens with https, tells browsers to stay with it, and asks nobody for a certificate", async () => {
    expect(subgraph.url).toMatch(/^https:/);
    const answer = await ask(`${subgraph.url}/graphql`, { ...operation, headers });
    expect(answer).toMatchObject({ status: 200, body: '{"data":{"__typename":"Query"}}\n' });
    expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
  });

  test("plain http to its port gets no answer", async () => {
    const heard = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connectPlain(Number(new URL(subgraph.url).port), "127.0.0.1");
      socket.on("data", (chunk) => (text += chunk.toString())).on("error", () => undefined);
      socket.on("close", () => {
        resolve(text);
      });
      socket.write("GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n");
    });
    expect(heard).not.toContain("HTTP/");
    expect(heard).not.toContain("live");
  });

  test("TLS 1.1 is not spoken", async () => {
    const old: RequestOptions = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(ask(`${subgraph.url}/health/live`, old)).rejects.toThrow(/alert|protocol/i);
    expect((await ask(`${subgraph.url}/health/live`, { maxVersion: "TLSv1.2" })).status).toBe(200);
  });
});

describe("with an authority for clients", () => {
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

  const clients: readonly (readonly [string, () => Partial<CertificateIdentity>, number])[] = [
    ["no certificate", () => ({}), 401],
    ["a certificate of another authority", () => stranger, 401],
    ["a certificate that has expired", () => expired, 401],
    ["a certificate of the authority", () => router, 200],
  ];
  describe.each(["TLSv1.2", "TLSv1.3"] as const)("over %s", (version) => {
    const tls = { minVersion: version, maxVersion: version };

    test.each(clients)("%s, with the right secret", async (_what, identity, status) => {
      const options = { ...operation, ...tls, ...identity(), headers };
      const answer = await ask(`${subgraph.url}/graphql`, options);
      expect(answer.status).toBe(status);
      if (status === 401) {
        expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
      }
    });

    /** Opens a connection, asks for health, then for GraphQL on a second connection that resumes the first. */
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

    test("a session resumed by a client without a certificate is still without one", async () => {
      expect(await resume({})).toEqual({ isResumed: true, status: "401" });
    });

    test("a session resumed by a client of another authority is still another's", async () => {
      expect(await resume(stranger)).toEqual({ isResumed: true, status: "401" });
    });

    test("a session resumed by a client of the authority keeps its certificate", async () => {
      expect(await resume(router)).toEqual({ isResumed: true, status: "200" });
    });
  });

  test("an authority that bears the same name, with another key, is another authority", async () => {
    // OpenSSL lets this handshake end and then breaks the connection, or leaves the refusal to us.
    const options = { ...operation, ...namesake, headers };
    const outcome = await ask(`${subgraph.url}/graphql`, options).then(
      ({ status }) => status,
      () => "hung up",
    );
    expect([401, "hung up"]).toContain(outcome);
  });

  test("the secret is demanded beside the certificate", async () => {
    const withoutSecret = { "content-type": "application/json" };
    expect((await ask(`${subgraph.url}/graphql`, { ...operation, ...router, headers: withoutSecret })).status).toBe(
      401,
    );
  });

  test.each(["/", "/dev/token?sub=u-1001", "/nothing", "/playground/main.js"])(
    "%s demands the certificate as well",
    async (path) => {
      expect((await ask(`${subgraph.url}${path}`, { headers })).status).toBe(401);
    },
  );

  test("health is answered without a certificate", async () => {
    for (const path of ["/health/live", "/health/ready"])
      expect((await ask(`${subgraph.url}${path}`)).status).toBe(200);
  });
});
