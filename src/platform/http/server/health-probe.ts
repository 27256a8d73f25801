import { type FastifyRequest } from "fastify";

export const LIVE_PATH = "/health/live";
export const READY_PATH = "/health/ready";

/** What a load balancer asks, without a secret and however busy we are: these requests alone, and never with a body that is read. */
export function isHealthProbe({ method, url }: FastifyRequest): boolean {
  return (method === "GET" || method === "HEAD") && (url === LIVE_PATH || url === READY_PATH);
}
