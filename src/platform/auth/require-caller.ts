import { SubgraphError } from "../errors/subgraph-error";
import { type Caller } from "./caller";

/** Returns the caller. Throws `UNAUTHENTICATED` if the request has no token. */
export function requireCaller(caller: Caller | undefined): Caller {
  if (!caller) throw new SubgraphError("UNAUTHENTICATED");
  return caller;
}
