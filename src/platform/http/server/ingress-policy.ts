import { type FastifyReply, type FastifyRequest } from "fastify";
import { type Admission } from "./admission";

/** How requests get in that do not come from the router. A route has it in its `config`. */
export interface IngressPolicy {
  /** Refuses who may not come in, by connection and headers alone; undefined for who may. */
  readonly reject: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;
  /** Whose credentials `reject` checks. */
  readonly trust: "webhook";
  /** Room of its own: a rush at one entrance leaves the others free. */
  readonly admission: Admission;
}

declare module "fastify" {
  interface FastifyContextConfig {
    ingressPolicy?: IngressPolicy;
  }
}
