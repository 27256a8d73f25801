import { type FastifyRequest } from "fastify";

export const LIVE_PATH = "/health/live";
export const READY_PATH = "/health/ready";

/** Whether a request is a health probe. Probes need no credentials and bypass admission, and their bodies are never read. */
export function isHealthProbe({ method, url }: FastifyRequest): boolean {
  return (method === "GET" || method === "HEAD") && (url === LIVE_PATH || url === READY_PATH);
}
