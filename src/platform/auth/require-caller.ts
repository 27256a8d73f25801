import { SubgraphError } from "../errors/subgraph-error";
import { type Caller } from "./caller";

/** The caller, or `UNAUTHENTICATED` where the request brought no token. */
export function requireCaller(caller: Caller | undefined): Caller {
  if (!caller) throw new SubgraphError("UNAUTHENTICATED");
  return caller;
}
