import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type FastifyInstance } from "fastify";
import { createAdmission } from "../../src/platform/http/server/admission";
import { createHttpServer } from "../../src/platform/http/server/http-server";
import { UNLIMITED_CONNECTIONS } from "../kit/http/connection-limits";
import { createLogger } from "../../src/platform/observability/logger";
import { type PlaygroundOptions, registerPlayground } from "../../src/playground/playground";
import { sendBytes } from "../kit/http/send-bytes";
import { createTempDirectory, type TempDirectory } from "../kit/temp";

const ASSETS = join(__dirname, "../../dist/playground/assets");
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; " +
  "font-src 'self' data:; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const servers: FastifyInstance[] = [];
const directories: TempDirectory[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (const directory of directories.splice(0)) directory.remove();
});

function serve(options: Partial<PlaygroundOptions> = {}): FastifyInstance {
  const server = createHttpServer({
    logger: createLogger("silent"),
    maxBodyBytes: 1024,
    maxHeaderBytes: 16_384,
    admission: createAdmission({ maxRequests: 10, maxTotalBodyBytes: 10_240 }),
    connections: UNLIMITED_CONNECTIONS,
    isAuthorizedRouter: () => true,
  });
  servers.push(server);
  server.get("/graphql", () => ({}));
  registerPlayground(server, { graphqlPath: "/graphql", ...options });
  return server;
}

const get = (server: FastifyInstance, url: string, headers: Record<string, string> = {}) =>
  server.inject({ method: "GET", url, headers });

describe("the playground's page", () => {
  test("contains the endpoint and the token URL in meta tags, escaped", async () => {
    const hostile = `/dev/token?sub=u-1001&scope="><script>alert('1')</script>`;
    const { body } = await get(serve({ graphqlPath: '/graph"ql<', developerTokenUrl: hostile }), "/");
    expect(body).toContain('<meta name="graphql-endpoint" content="/graph&quot;ql&lt;">');
    expect(body).toContain(
      '<meta name="developer-token-url" content="/dev/token?sub=u-1001&amp;scope=&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;">',
    );
  });

  test("contains the URL of the reset only if the providers are simulated", async () => {
    const { body } = await get(serve({ sandboxResetUrl: "/dev/reset" }), "/");
    expect(body).toContain('<meta name="sandbox-reset-url" content="/dev/reset">');
    expect((await get(serve(), "/")).body).not.toContain("sandbox-reset-url");
  });

  test("contains no token URL if the server issues no developer tokens", async () => {
    const { body } = await get(serve(), "/");
    expect(body).toContain('<meta name="graphql-endpoint" content="/graphql">');
    expect(body).not.toContain("developer-token-url");
  });

  test("is HTML with a title, and is not stored by caches", async () => {
    const { statusCode, headers, body } = await get(serve(), "/");
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["cache-control"]).toBe("no-store");
    expect(body).toMatch(/<title>[^<]+<\/title>/);
  });

  test("has no inline script and no event handler", async () => {
    const { body } = await get(serve({ developerTokenUrl: "/dev/token?sub=u-1001" }), "/");
    const scripts = [...body.matchAll(/<script\b([^>]*)>([^<]*)<\/script>/g)];
    expect(scripts.map(([, attributes, text]) => ({ hasSource: attributes?.includes(" src="), text }))).toEqual([
      { hasSource: true, text: "" },
    ]);
    expect(body).not.toMatch(/\son[a-z]+=|javascript:/);
  });

  test("refers only to files of this server, and each of them exists", async () => {
    const server = serve();
    const { body } = await get(server, "/");
    const resources = [...body.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, url]) => url ?? "");
    expect(resources).toHaveLength(3);
    for (const url of resources) {
      expect(url).toMatch(/^\/(?!\/)/);
      expect((await get(server, url)).statusCode).toBe(200);
    }
    expect(body).not.toMatch(/https?:\/\//);
  });
});

describe("the security headers of the pages", () => {
  test.each([
    "/",
    "/docs",
    "/playground/main.js",
    "/playground/editor.worker.js",
    "/favicon.svg",
    "/playground/nothing.js",
  ])("are those of the playground on %s", async (url) => {
    const { headers } = await get(serve(), url);
    expect(headers["content-security-policy"]).toBe(POLICY);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  test("are the stricter ones of the API on /graphql", async () => {
    const { headers } = await get(serve(), "/graphql");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
  });
});

describe("the playground's assets", () => {
  test.each([
    ["/playground/main.js", /^(application|text)\/javascript; charset=utf-8$/],
    ["/playground/graphql.worker.js", /^(application|text)\/javascript; charset=utf-8$/],
    ["/playground/json.worker.js", /^(application|text)\/javascript; charset=utf-8$/],
    ["/playground/main.css", /^text\/css; charset=utf-8$/],
    ["/favicon.svg", /^image\/svg\+xml$/],
  ])("include %s with its content type", async (url, type) => {
    const { statusCode, headers, body } = await get(serve(), url);
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toMatch(type);
    expect(body.length).toBeGreaterThan(0);
  });

  test("are compressed for a client that accepts gzip, with the same content", async () => {
    const server = serve();
    const plain = await get(server, "/playground/main.js");
    const packed = await get(server, "/playground/main.js", { "accept-encoding": "gzip" });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.headers["content-type"]).toBe(plain.headers["content-type"]);
    expect(packed.headers.vary).toContain("accept-encoding");
    expect(gunzipSync(packed.rawPayload).equals(plain.rawPayload)).toBe(true);
  });

  test("must be revalidated on each use, and an unchanged one gets 304", async () => {
    const server = serve();
    const { headers } = await get(server, "/playground/main.js");
    expect(headers["cache-control"]).toBe("public, max-age=0");
    const again = await get(server, "/playground/main.js", { "if-none-match": String(headers.etag) });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe("");
  });

  test.each([
    "/playground/../playground.js",
    "/playground/%2e%2e/playground.js",
    "/playground/..%2fplayground.js",
    "/playground/..%5cplayground.js",
    "/playground/%252e%252e/playground.js",
    "/playground/chunks/../../playground.js",
    "/playground//main.js",
    "/playground/",
    "/playground/main.js%00.css",
  ])("do not include a file outside their folder at the path %s", async (path) => {
    expect(existsSync(join(ASSETS, "../playground.js"))).toBe(true); // there is something to reach
    const server = serve();
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as AddressInfo;
    // As bytes: `inject` and fetch would resolve `..` before the server sees it.
    const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`;
    const response = await sendBytes(`http://127.0.0.1:${port}`, request);
    expect(response).toMatch(/^HTTP\/1\.1 (400|403|404) /);
    expect(response).toMatch(/^content-type: application\/json/im);
    expect(response).not.toContain("registerPlayground");
  });

  test("import no script of another origin", () => {
    const scripts = readdirSync(ASSETS).filter((name) => name.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(3);
    for (const name of scripts) {
      const script = readFileSync(join(ASSETS, name), "utf8");
      expect(script).not.toMatch(/(?:\bfrom|\bimport|\bimport\(|importScripts\(|new Worker\()\s*["'`](?:https?:)?\/\//);
    }
  });

  test("load nothing from another origin in a style sheet", () => {
    const sheets = readdirSync(ASSETS).filter((name) => name.endsWith(".css"));
    expect(sheets).not.toHaveLength(0);
    for (const sheet of sheets) {
      const css = readFileSync(join(ASSETS, sheet), "utf8");
      const urls = [...css.matchAll(/url\(\s*["']?([^"')]{0,40})/g)].map(([, url]) => url ?? "");
      expect(urls.filter((url) => !url.startsWith("data:"))).toEqual([]);
      expect(css).not.toMatch(/@import/);
    }
  });
});

describe("the reference at /docs", () => {
  test("is one page with its style and no inline script, revalidated on each use", async () => {
    const { statusCode, headers, body } = await get(serve(), "/docs");
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["cache-control"]).toBe("public, max-age=0");
    expect(body).toContain("<style>");
    expect([...body.matchAll(/<script[^>]*>[^<]*/g)].map(([script]) => script)).toEqual([
      '<script src="/playground/reference.js" defer>',
    ]);
    expect(body).not.toMatch(/<link[^>]*stylesheet|\son[a-z]+=|url\(/);
  });

  test("shows the sandbox's data and token only if the server issues developer tokens", async () => {
    const sandbox = await get(serve({ developerTokenUrl: "/dev/token" }), "/docs");
    const live = await get(serve(), "/docs");
    expect(sandbox.body).toContain('id="sandbox-data"');
    expect(live.body).not.toContain('id="sandbox-data"');
    expect(live.body).toContain("Your identity provider");
  });
});

describe("a playground whose assets were not built", () => {
  test("returns 503 with the command that builds them, and the page as soon as they exist", async () => {
    const directory = createTempDirectory("playground");
    directories.push(directory);
    const folder = join(directory.path, "assets");
    const server = serve({ assetsDirectory: folder });
    const { statusCode, headers, body } = await get(server, "/");
    expect(statusCode).toBe(503);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toBe(POLICY);
    expect(body).toContain("npm run build");
    expect(body).not.toContain("<script");
    expect((await get(server, "/docs")).statusCode).toBe(503);

    mkdirSync(folder);
    for (const name of ["main.js", "main.css"]) writeFileSync(join(folder, name), "/**/");
    expect((await get(server, "/")).body).toContain('<div id="root">');
    expect((await get(server, "/playground/main.js")).body).toBe("/**/");
  });
});
