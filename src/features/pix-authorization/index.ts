import { CancelPixAuthorizationResolver, OperationPixCancellationResolver } from "./cancel-pix-authorization.resolver";
import { PartyDocumentResolver, RequesterDocumentResolver } from "./masked-tax-id.resolver";
import { PixAuthorizationResolver, resolvePixAuthorizationReference } from "./pix-authorization.resolver";
import { PixCancellationResolver, resolvePixCancellationReference } from "./pix-cancellation.resolver";

export { createCancelPixAuthorizationHandler } from "./cancel-pix-authorization";
export { createOwnCancellationsLoader } from "./own-cancellations.loader";
export { createPixLoaders } from "./pix.loader";
export const pixAuthorizationFeature = {
  resolvers: [
    PixAuthorizationResolver,
    PixCancellationResolver,
    CancelPixAuthorizationResolver,
    OperationPixCancellationResolver,
    PartyDocumentResolver,
    RequesterDocumentResolver,
  ],
  orphanedTypes: [],
  references: { PixAuthorization: resolvePixAuthorizationReference, PixCancellation: resolvePixCancellationReference },
};
