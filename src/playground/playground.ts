import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import { type FastifyInstance, type FastifyReply } from "fastify";
import { renderMissingAssets, renderShell, type ShellOptions } from "./shell";

export interface PlaygroundOptions extends ShellOptions {
  /** The folder that bundle.ts wrote; found by default. */
  readonly assetsDirectory?: string;
}

/** Monaco writes inline styles and loads its workers as files. Everything else is limited to this origin. */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
};

/** Next to the built program. When the program runs from source, the assets of the last build are used. */
function findAssets(): string {
  const builtAssets = join(__dirname, "assets");
  return existsSync(builtAssets) ? builtAssets : join(__dirname, "../../dist/playground/assets");
}

/**
 * Serves the playground at `/`, the schema reference at `/docs`, their files below `/playground/`, and `/favicon.svg`.
 * Every request stays on this origin, so the page works offline. If the page was not bundled, `/` explains how to build it.
 */
export function registerPlayground(server: FastifyInstance, options: PlaygroundOptions): void {
  const assets = options.assetsDirectory ?? findAssets();
  const shell = renderShell(options);

  // A separate Fastify scope, so that its headers do not apply to the API.
  void server.register(async (scope) => {
    scope.addHook("onRequest", (_request, reply, done) => {
      reply.headers(HEADERS);
      done();
    });
    await scope.register(fastifyStatic, {
      root: assets,
      prefix: "/playground/",
      index: false,
      dotfiles: "ignore",
      preCompressed: true, // a third of the bytes; bundle.ts wrote the .gz files
      maxAge: 0, // file names do not change with their content: always ask again, with the ETag
      suppressWarning: true, // `/` reports a missing folder
    });
    scope.get("/favicon.svg", (_request, reply) => reply.sendFile("favicon.svg"));
    const isBuilt = () => existsSync(join(assets, "main.js"));
    const sendBuildInstructions = (reply: FastifyReply) =>
      reply.code(503).type("text/html; charset=utf-8").send(renderMissingAssets());
    scope.get("/", (_request, reply) =>
      isBuilt() ? reply.type("text/html; charset=utf-8").send(shell) : sendBuildInstructions(reply),
    );
    scope.get("/docs", (_request, reply) => (isBuilt() ? reply.sendFile("docs.html") : sendBuildInstructions(reply)));
  });
}
