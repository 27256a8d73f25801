import { OperationResolver, resolveOperationReference } from "./operation.resolver";
import { Operation } from "./operation.type";

export { createRunOperation } from "./run-operation";
export const operationFeature = {
  resolvers: [OperationResolver],
  orphanedTypes: [Operation],
  references: { Operation: resolveOperationReference },
};
