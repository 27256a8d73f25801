import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { type FastifyInstance } from "fastify";
import { createAdmission } from "../../src/platform/http/server/admission";
import { createHttpServer } from "../../src/platform/http/server/http-server";
import { UNLIMITED_CONNECTIONS } from "../kit/http/connection-limits";
import { createLogger } from "../../src/platform/observability/logger";
import { type PlaygroundOptions, registerPlayground } from "../../src/playground/playground";
import { createTempDirectory } from "../kit/temp";

const ASSETS = join(__dirname, "../../dist/playground/assets");
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; " +
  "font-src 'self' data:; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const servers: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
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

/** Over a real connection: `inject` and `fetch` would resolve `..` before the server sees it. */
async function getRaw(server: FastifyInstance, path: string) {
  const { port } = server.server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path }, resolve).on("error", reject).end();
  });
  return { status: response.statusCode, type: response.headers["content-type"], text: await readText(response) };
}

describe("the page's shell", () => {
  test("holds the endpoint and the token's URL in meta tags, escaped", async () => {
    const hostile = `/dev/token?sub=u-1001&scope="><script>alert('1')</script>`;
    const { body } = await get(serve({ graphqlPath: '/graph"ql<', developerTokenUrl: hostile }), "/");
    expect(body).toContain('<meta name="graphql-endpoint" content="/graph&quot;ql&lt;">');
    expect(body).toContain(
      '<meta name="developer-token-url" content="/dev/token?sub=u-1001&amp;scope=&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;">',
    );
  });

  test("has no token's URL where none is given out", async () => {
    const { body } = await get(serve(), "/");
    expect(body).toContain('<meta name="graphql-endpoint" content="/graphql">');
    expect(body).not.toContain("developer-token-url");
  });

  test("is HTML that nobody stores and that has a title", async () => {
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

  test("names only files of our own, and each of them is there", async () => {
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

describe("the headers", () => {
  test.each([
    "/",
    "/docs",
    "/playground/main.js",
    "/playground/editor.worker.js",
    "/favicon.svg",
    "/playground/nothing.js",
  ])("protect %s", async (url) => {
    const { headers } = await get(serve(), url);
    expect(headers["content-security-policy"]).toBe(POLICY);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  test("leave the API's answers alone", async () => {
    const { headers } = await get(serve(), "/graphql");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
  });
});

describe("the assets", () => {
  test.each([
    ["/playground/main.js", /^(application|text)\/javascript; charset=utf-8$/],
    ["/playground/graphql.worker.js", /^(application|text)\/javascript; charset=utf-8$/],
    ["/playground/json.worker.js", /^(application|text)\/javascript; charset=utf-8$/],
    ["/playground/main.css", /^text\/css; charset=utf-8$/],
    ["/favicon.svg", /^image\/svg\+xml$/],
  ])("serve %s with its type", async (url, type) => {
    const { statusCode, headers, body } = await get(serve(), url);
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toMatch(type);
    expect(body.length).toBeGreaterThan(0);
  });

  test("are sent compressed to those who can read it, with the same content", async () => {
    const server = serve();
    const plain = await get(server, "/playground/main.js");
    const packed = await get(server, "/playground/main.js", { "accept-encoding": "gzip" });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.headers["content-type"]).toBe(plain.headers["content-type"]);
    expect(packed.headers.vary).toContain("accept-encoding");
    expect(gunzipSync(packed.rawPayload).equals(plain.rawPayload)).toBe(true);
  });

  test("are asked for again each time, and answered with 304 when they did not change", async () => {
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
  ])("answer nothing to %s", async (path) => {
    expect(existsSync(join(ASSETS, "../playground.js"))).toBe(true); // there is something to reach
    const server = serve();
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { status, type, text } = await getRaw(server, path);
    expect([400, 403, 404]).toContain(status);
    expect(type).toContain("application/json");
    expect(text).not.toContain("registerPlayground");
  });

  test("import no script of another origin", () => {
    const scripts = readdirSync(ASSETS).filter((name) => name.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(3);
    for (const name of scripts) {
      const script = readFileSync(join(ASSETS, name), "utf8");
      expect(script).not.toMatch(/(?:\bfrom|\bimport|\bimport\(|importScripts\(|new Worker\()\s*["'`](?:https?:)?\/\//);
    }
  });

  test("load no sub-resource of another origin from the style sheets", () => {
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

describe("the reference", () => {
  test("is one page that holds its style and no script, and that is asked for again each time", async () => {
    const { statusCode, headers, body } = await get(serve(), "/docs");
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["cache-control"]).toBe("public, max-age=0");
    expect(body).toContain("<style>");
    expect([...body.matchAll(/<script[^>]*>[^<]*/g)].map(([script]) => script)).toEqual([
      '<script src="/playground/search.js" defer>',
    ]);
    expect(body).not.toMatch(/<link[^>]*stylesheet|\son[a-z]+=|url\(/);
  });
});

describe("a playground that was never bundled", () => {
  test("says how to build it, and serves it as soon as it is there", async () => {
    const { path: folder, remove: removeFolder } = createTempDirectory("playground");
    removeFolder();
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
    removeFolder();
  });
});
