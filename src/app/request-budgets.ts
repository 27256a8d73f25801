import { type RequestAnalysis } from "../platform/graphql/limits/request-guard";
import { createResponseBudget } from "../platform/graphql/limits/response-budget";
import { createRequestBudget } from "../platform/reads/request-budget";
import { type OperationKind } from "../features/operation/public";
import { PORTAL_LINK_RETRY_ADVICE } from "../features/user";

/** Maximum values of one request. */
export interface BudgetLimits {
  readonly providerCalls: number;
  readonly storeReads: number;
  readonly storeRows: number;
  /** Fields and list items of the response. */
  readonly nodes: number;
  readonly responseBytes: number;
}

/** What one request may cost. */
export function createRequestBudgets(limits: BudgetLimits, { mutations }: RequestAnalysis) {
  const providerCalls = createRequestBudget({ limit: limits.providerCalls, unit: "provider calls", mutations });
  const storeReads = createRequestBudget({ limit: limits.storeReads, unit: "reads of operations and events" });
  const storeRows = createRequestBudget({
    limit: limits.storeRows,
    unit: "rows of operations and events",
  });
  const response = createResponseBudget({ nodes: limits.nodes, bytes: limits.responseBytes });
  return {
    providerCalls,
    storeReads,
    storeRows,
    response,
    /** The error that replaces the whole response, if a limit was exceeded before any effect, or by the response itself. */
    requestLevelError: () =>
      [providerCalls, storeReads, storeRows, response]
        .map((budget) => budget.requestLevelError())
        .find((error) => error !== undefined),
    /** Charges one mutation. Throws if the request is rejected: nothing more of it is executed. */
    beginMutation(kind: OperationKind): void {
      const requestError = response.requestLevelError();
      if (requestError) throw requestError;
      response.beginMutation(kind === "CREATE_PORTAL_LINK" ? PORTAL_LINK_RETRY_ADVICE : undefined);
      for (const budget of [providerCalls, storeReads, storeRows]) budget.beginMutation();
    },
  };
}
