import { OperationKeyResolver, OperationResolver, resolveOperationReference } from "./operation.resolver";
import { Operation } from "./operation.type";
import { OperationSettledResolver } from "./operation-settled.resolver";
import { OperationsResolver } from "./operations.resolver";

export { createOperationLoaders } from "./operation.loader";
export { toPrincipal } from "./principal";
export { createRunOperation } from "./run-operation";
export const operationFeature = {
  resolvers: [OperationResolver, OperationsResolver, OperationKeyResolver, OperationSettledResolver],
  orphanedTypes: [Operation],
  references: { Operation: resolveOperationReference },
};
