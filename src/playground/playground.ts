import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import { type FastifyInstance, type FastifyReply } from "fastify";
import { renderMissingAssets, renderShell, type ShellOptions } from "./shell";

export interface PlaygroundOptions extends ShellOptions {
  /** The folder that bundle.ts wrote. Default: the folder of the build. */
  readonly assetsDirectory?: string;
}

/** Monaco needs inline styles and workers from files. Everything else is restricted to this origin. */
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

/** The folder next to the built program. A program that runs from source uses the last build's folder. */
function findAssets(): string {
  const builtAssets = join(__dirname, "assets");
  return existsSync(builtAssets) ? builtAssets : join(__dirname, "../../dist/playground/assets");
}

/**
 * Serves the playground: the page at `/`, the schema reference at `/docs`, their files below `/playground/`, and `/favicon.svg`.
 * Every request of the page stays on this origin, so it works offline. If the page was not bundled, `/` explains how to do it.
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
      preCompressed: true, // a third of the bytes; bundle.ts writes the .gz files
      maxAge: 0, // file names do not change with their content: browsers revalidate with the ETag
      suppressWarning: true, // `/` reports a missing folder
    });
    scope.get("/favicon.svg", (_request, reply) => reply.sendFile("favicon.svg"));
    const isBuilt = () => existsSync(join(assets, "main.js"));
    const sendBuildInstructions = (reply: FastifyReply) =>
      reply.code(503).type("text/html; charset=utf-8").send(renderMissingAssets());
    scope.get("/", (_request, reply) =>
      isBuilt() ? reply.type("text/html; charset=utf-8").send(shell) : sendBuildInstructions(reply),
    );
    const reference = `docs.${options.developerTokenUrl === undefined ? "live" : "sandbox"}.html`;
    scope.get("/docs", (_request, reply) => (isBuilt() ? reply.sendFile(reference) : sendBuildInstructions(reply)));
  });
}
