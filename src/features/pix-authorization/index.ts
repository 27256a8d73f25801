import { PixAuthorizationResolver, resolvePixAuthorizationReference } from "./pix-authorization.resolver";
import { PixCancellationResolver, resolvePixCancellationReference } from "./pix-cancellation.resolver";

export { createPixLoaders } from "./pix.loader";
export const pixAuthorizationFeature = {
  resolvers: [PixAuthorizationResolver, PixCancellationResolver],
  orphanedTypes: [],
  references: { PixAuthorization: resolvePixAuthorizationReference, PixCancellation: resolvePixCancellationReference },
};
