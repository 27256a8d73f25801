import { OperationKeyResolver, OperationResolver, resolveOperationReference } from "./operation.resolver";
import { Operation } from "./operation.type";

export { createOperationLoaders } from "./operation.loader";
export { createRunOperation } from "./run-operation";
export const operationFeature = {
  resolvers: [OperationResolver, OperationKeyResolver],
  orphanedTypes: [Operation],
  references: { Operation: resolveOperationReference },
};
