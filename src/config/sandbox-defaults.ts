import { join } from "node:path";
import { type SandboxDefaults } from "./variable";

/** Frontends in development, on any port. */
const LOOPBACK_ORIGINS = ["http", "https"].flatMap((scheme) =>
  ["localhost", "127.0.0.1", "[::1]"].map((host) => `${scheme}://${host}:*`),
);

/** What the sandbox uses for variables that are not set; each provider has its own defaults beside its variables. */
export const getSandboxDefaults: SandboxDefaults = (environment) => ({
  // In the directory of the encryption key: a database is of no use with another key.
  DATABASE_URL: `sqlite:${join(environment["DATA_DIRECTORY"] ?? ".data", "subgraph.db")}`,
  SUBSCRIPTION_CALLBACK_PRIVATE_HOSTS: "127.0.0.1:*,localhost:*,[::1]:*",
  CORS_ORIGINS: LOOPBACK_ORIGINS.join(","),
  AUTH_ISSUER: "benefits-pix-subgraph-developer",
  AUTH_AUDIENCE: "benefits-pix-subgraph",
  PLAYGROUND: "true",
  EXPOSE_UPSTREAM_COST: "true",
});
