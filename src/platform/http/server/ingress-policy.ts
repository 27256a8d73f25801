import { type FastifyReply, type FastifyRequest } from "fastify";
import { type Admission } from "./admission";

/** Replaces the authentication of the router for a route that other clients call. Set in the `config` of the route. */
export interface IngressPolicy {
  /** Checks the connection and the headers. Returns the response if the request is refused, else undefined. */
  readonly reject: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
  /** The trust of a connection whose request `reject` accepted. */
  readonly trust: "webhook";
  /** Separate capacity, so that a burst on this route does not affect other routes. */
  readonly admission: Admission;
}

declare module "fastify" {
  interface FastifyContextConfig {
    ingressPolicy?: IngressPolicy;
  }
}
