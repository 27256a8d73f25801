import { createChangeOfferHandler } from "../features/offer";
import { type OperationKind } from "../features/operation/public";
import { createCancelPixAuthorizationHandler } from "../features/pix-authorization";
import { createAccountHandlers, createPortalLinkHandler } from "../features/user";
import { type OperationHandler } from "../platform/operations/operation-handler";
import { type AvibraClient } from "../providers/avibra/avibra.client";
import { type DelbankClient } from "../providers/delbank/delbank.client";

interface OperationHandlersOptions {
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  /** Where members sign in to Avibra's portal. */
  readonly portalUrl: string;
}

/** The handler of each kind of operation: a kind without one does not compile, nor does one that the graph does not know. */
export function createOperationHandlers({ avibra, delbank, portalUrl }: OperationHandlersOptions) {
  const account = createAccountHandlers(avibra);
  return {
    CREATE_USER: account.create,
    UPDATE_USER: account.update,
    PREFILL_USER: account.prefill,
    CANCEL_USER: account.cancel,
    CHANGE_OFFER: createChangeOfferHandler(avibra),
    CREATE_PORTAL_LINK: createPortalLinkHandler(avibra, portalUrl),
    CANCEL_PIX_AUTHORIZATION: createCancelPixAuthorizationHandler(delbank),
  } satisfies Record<OperationKind, OperationHandler<unknown>>;
}
