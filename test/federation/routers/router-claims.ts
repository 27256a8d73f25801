import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificateAuthority } from "../../kit/certificates";
import { MEMBER_ID, PAYER_TAX_ID, OTHER_MEMBER_ID } from "../../kit/seeds/ids";
import { startSubgraph } from "../../kit/start/subgraph";
import { createTempDirectory, type TempDirectory } from "../../kit/temp";
import { AUDIENCE, ISSUER } from "../../kit/tokens/token-issuer";
import { OUR_NAME, ROUTER_SECRET } from "../gateways/compose";
import { type Federation, sendRequest, type Request } from "../gateways/federation";
import { type RouterKind } from "./routers";
import { type Router, type RouterOptions, startRouter } from "./start-router";
import { writeSwitchedConfig } from "./switch-block";

const MEMBER = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID };
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const ORIGIN = "https://app.example.com";

export interface RouterClaimsOptions {
  readonly federation: () => Federation;
  readonly kind: RouterKind;
}

/** Tests of every router that is started with its file of schema/routers. */
export function describeRouter({ federation: getFederation, kind }: RouterClaimsOptions): void {
  let federation: Federation;
  let router: Router;
  let directory: TempDirectory;

  const startWith = (options: Partial<RouterOptions> = {}): Promise<Router> =>
    startRouter(kind, {
      urls: federation.urls,
      keysUrl: federation.keys.url,
      routerSecret: ROUTER_SECRET,
      ...options,
    });
  const through = (request: Request, by = router) => sendRequest(by.url, federation.keys, request);

  beforeAll(async () => {
    federation = getFederation();
    directory = createTempDirectory("router-config");
    router = await startWith();
  });
  afterAll(async () => {
    await router.stop();
    directory.remove();
  });
  beforeEach(() => {
    const { subgraph, accounts, billing } = federation;
    for (const received of [subgraph.logs, accounts.received, billing.received]) received.length = 0;
  });

  test("starts with its shipped file without a warning about its configuration", () => {
    const lines = router.output().split("\n");
    const warnings = lines.filter(
      (line) => /WARN|ERROR/.test(line) && !kind.knownWarnings.some((one) => one.test(line)),
    );
    expect(warnings).toEqual([]);
  });

  test.each(kind.requiredVariables)("does not start without %s", async (variable) => {
    await expect(startWith({ environment: { [variable]: undefined } })).rejects.toThrow(/ended before it was ready/);
  });

  test("sends a client's token, request ID and trace context to every subgraph, and no cookie", async () => {
    const query = "{ me { id displayName } invoices { id } }";
    const headers = {
      "x-request-id": "request-id.3",
      traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
      cookie: "session=1",
    };
    expect((await through({ query, claims: MEMBER, headers })).errors).toBeUndefined();
    const received = [...federation.accounts.received, ...federation.billing.received];
    expect(received).toHaveLength(2);
    for (const one of received) {
      expect(one).toMatchObject({
        authorization: expect.stringMatching(/^Bearer /),
        "x-request-id": "request-id.3",
        traceparent: expect.stringContaining(TRACE_ID),
      });
      expect(one).not.toHaveProperty("cookie");
    }
  });

  test("two callers who send the same query at the same time get their own data", async () => {
    const query = "{ me { id benefits { userId } } }";
    const callers = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? MEMBER_ID : OTHER_MEMBER_ID));
    const responses = await Promise.all(callers.map((sub) => through({ query, claims: { sub } })));
    expect(responses.map(({ data }) => data.me.id)).toEqual(callers);
    expect(federation.countRequestsToUs()).toBe(20);
  });

  test("an error message of another subgraph is replaced, and its code is kept", async () => {
    const { data, errors } = await through({ query: "{ me { id loginCount } }", claims: MEMBER });
    expect(data).toEqual({ me: { id: MEMBER_ID, loginCount: null } });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "ACCOUNTS_DOWN" });
    expect(JSON.stringify(errors)).not.toContain("10.0.0.7");
  });

  async function preflight(origin: string, { url } = router): Promise<string | null> {
    const headers = {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,authorization",
    };
    const response = await fetch(url, { method: "OPTIONS", headers });
    await response.arrayBuffer();
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
    return response.headers.get("access-control-allow-origin");
  }
  // Hive Router sends "null", the origin of a sandboxed frame: it could read responses, but it has no token.
  const NO_ORIGIN = [null, "null"];

  test("a page of the configured origin may read responses, and a page of another origin may not", async () => {
    expect(await preflight(ORIGIN)).toBe(ORIGIN);
    expect(NO_ORIGIN).toContain(await preflight("https://other.example.com"));
  });

  test("without ROUTER_CORS_ORIGIN, no page may read responses", async () => {
    const started = startWith({ environment: { ROUTER_CORS_ORIGIN: undefined } });
    if (kind.requiredVariables.includes("ROUTER_CORS_ORIGIN")) return expect(started).rejects.toThrow(/ended before/);
    const misconfigured = await started;
    const allowed = await preflight(ORIGIN, misconfigured).finally(misconfigured.stop);
    expect(NO_ORIGIN).toContain(allowed);
  });

  test("a request that an HTML form can send is refused", async () => {
    const response = await fetch(router.url, {
      method: "POST",
      headers: { "content-type": "text/plain", authorization: `Bearer ${await federation.keys.sign(MEMBER)}` },
      body: JSON.stringify({ query: "{ me { id } }" }),
    });
    await response.arrayBuffer();
    expect(response.ok).toBe(false);
    expect(federation.countRequestsToUs()).toBe(0);
  });

  test("a document of more tokens than this subgraph accepts ends at the router", async () => {
    const query = `{ me { ${"id ".repeat(5001)} } }`;
    expect((await through({ query, claims: MEMBER })).errors).toHaveLength(1);
    expect(federation.countRequestsToUs()).toBe(0);
  });

  test("reaches a subgraph with TLS_CLIENT_CA_FILE with the mutual-tls block, and not without it", async () => {
    const authority = await createCertificateAuthority("authority");
    const [server, client] = await Promise.all(["subgraph", "router"].map((name) => authority.issue(name)));
    const files = {
      "subgraph-ca.pem": authority.cert,
      "client-chain.pem": client?.cert,
      "client-key.pem": client?.key,
    };
    const more = { "server.pem": server?.cert, "server-key.pem": server?.key };
    for (const [name, text] of Object.entries({ ...files, ...more }))
      writeFileSync(join(directory.path, name), text ?? "");
    const subgraph = await startSubgraph({
      ROUTER_SECRETS: ROUTER_SECRET,
      AUTH_JWKS_URL: federation.keys.url,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      TLS_CERT_FILE: join(directory.path, "server.pem"),
      TLS_KEY_FILE: join(directory.path, "server-key.pem"),
      TLS_CLIENT_CA_FILE: join(directory.path, "subgraph-ca.pem"),
    });
    try {
      const urls = { ...federation.urls, [OUR_NAME]: `${subgraph.url}/graphql` };
      const config = writeSwitchedConfig(kind.config, "mutual-tls", { "/etc/router": directory.path });
      for (const [options, expected] of [
        [{ urls, config: config.path }, { id: MEMBER_ID }],
        [{ urls }, null],
      ] as const) {
        const started = await startWith(options);
        const response = await through({ query: "{ me { id } }", claims: MEMBER }, started).finally(started.stop);
        expect(response.data?.me ?? null).toEqual(expected);
      }
      config.remove();
    } finally {
      await subgraph.stop();
    }
  });
}
