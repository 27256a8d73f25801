import { type FastifyInstance } from "fastify";
import { type Metrics } from "./metrics";

/** Registers `GET /metrics` (Prometheus text format) and records the duration of each HTTP request. */
export function registerMetrics(server: FastifyInstance, metrics: Metrics): void {
  server.addHook("onResponse", (request, reply, done) => {
    metrics.recordRequest({
      route: request.routeOptions.url ?? "none",
      status: reply.statusCode,
      durationMs: request.openedAfterMs ?? reply.elapsedTime,
      errorCodes: request.errorCodes ?? [],
    });
    done();
  });
  server.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
}
