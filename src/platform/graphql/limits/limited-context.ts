import { type SubgraphError } from "../../errors/subgraph-error";
import { type ResponseBudget } from "./response-budget";

/** The part of a request's context that limits the request during execution. */
export interface LimitedContext {
  /** Lists, texts and errors are charged to it before graphql-js completes them. */
  readonly responseBudget: ResponseBudget;
  /** The error that replaces the whole response, if the request exceeded a limit. */
  readonly requestLevelError: () => SubgraphError | undefined;
}
