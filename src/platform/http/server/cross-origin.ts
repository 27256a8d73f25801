import fastifyCors, { type FastifyCorsOptions } from "@fastify/cors";
import { type FastifyInstance } from "fastify";
import { createOriginCheck } from "./allowed-origins";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Overrides the options of @fastify/cors for one route. */
    cors?: FastifyCorsOptions;
  }
}

export interface CrossOriginOptions {
  /** Normalized origins whose pages can read responses. Without any, no response has a CORS header. */
  readonly origins: readonly string[];
  /** The paths of these responses. One that ends with `/` includes every path below it. */
  readonly paths: readonly string[];
}

/** Headers that GraphQL clients send. Browsers send `Accept` without permission. */
const ALLOWED_HEADERS = [
  "authorization",
  "content-type",
  "apollo-require-preflight",
  "x-apollo-operation-name",
  "apollographql-client-name",
  "apollographql-client-version",
  "x-request-id",
];
/** Headers that a page needs: to report a failure, and to retry. */
const EXPOSED_HEADERS = ["x-request-id", "retry-after"];
/** Chromium keeps a preflight response for at most two hours. */
const PREFLIGHT_MAX_AGE_SECONDS = 7200;

/**
 * Lets pages of other origins call some routes (CORS); see docs/decisions/0029. Must be called before the hooks and routes of the
 * server are added: a browser sends a preflight request without credentials, and a page can read a refusal only if it has the headers.
 * Tokens are sent as a header, so no response allows cookies.
 */
export function registerCrossOrigin(server: FastifyInstance, { origins, paths }: CrossOriginOptions): void {
  if (origins.length === 0) return;
  const isAllowed = createOriginCheck(origins);
  const cors: FastifyCorsOptions = {
    origin: (origin, done) => {
      done(null, isAllowed(origin));
    },
  };
  void server.register(fastifyCors, {
    origin: false, // for every other route
    methods: ["GET", "POST"],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
    strictPreflight: false, // it would send text; an OPTIONS request that is not a preflight is harmless
  });
  const isPrefix = (path: string) => path.endsWith("/");
  server.addHook("onRoute", (route) => {
    const isIncluded = paths.some((path) => (isPrefix(path) ? route.url.startsWith(path) : route.url === path));
    if (isIncluded) route.config = { ...route.config, cors };
  });
  for (const prefix of paths.filter(isPrefix))
    server.options(`${prefix}*`, (_request, reply) => {
      reply.callNotFound();
    });
}
