import { type FastifyInstance } from "fastify";

/**
 * Listens on one address and returns the URL. For `localhost`, Fastify starts another server on each further address of that name
 * (`::1`). The connection limits and timeouts would apply only to the first one.
 */
export function listen(server: FastifyInstance, address: { readonly host: string; readonly port: number }) {
  const host = address.host.toLowerCase() === "localhost" ? "127.0.0.1" : address.host;
  return server.listen({ host, port: address.port });
}
