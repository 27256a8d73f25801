import { Arg, Ctx, Directive, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { COSTS_PROVIDER_CALL } from "../../platform/graphql/limits/router-costs";
import { isCnpj, isCpf } from "../../providers/delbank/tax-id";
import { type Context } from "../context";
import { Operation } from "../operation/public";
import { isUserId } from "../user/public";
import { CANCEL_PIX_AUTHORIZATION, toPixCancellation } from "./cancel-pix-authorization";
import { CancelPixAuthorizationInput } from "./cancel-pix-authorization.input";
import { CancelPixAuthorizationPayload } from "./cancel-pix-authorization-payload.type";
import { type CancellationIntent } from "./cancellation-eligibility.state";
import { requireCancelPermission } from "./access";
import { resolvePixAuthorizationReference } from "./pix-authorization.resolver";
import { PixAuthorization } from "./pix-authorization.type";
import { PixCancellation } from "./pix-cancellation.type";

function toIntent(input: CancelPixAuthorizationInput, payerTaxId: string | null): CancellationIntent {
  const { recurrenceId, requesterType, requesterDocument, reason } = input;
  if (reason === "UNKNOWN") throw new SubgraphError("BAD_USER_INPUT", { message: "input.reason must not be UNKNOWN." });
  const isOfType = requesterType === "NATURAL" ? isCpf(requesterDocument) : isCnpj(requesterDocument);
  if (!isOfType) {
    const message = "input.requesterDocument must be a CPF for requesterType NATURAL and a CNPJ for LEGAL.";
    throw new SubgraphError("BAD_USER_INPUT", { message });
  }
  return { recurrenceId, requesterType, requesterDocument, reason, payerTaxId };
}

@Resolver(() => CancelPixAuthorizationPayload)
export class CancelPixAuthorizationResolver {
  @Mutation(() => CancelPixAuthorizationPayload, {
    description:
      "Cancels an authorization, at most once. Requires the scope `pix:cancel` and the payer's tax ID in the token, or " +
      "the scope `pix:cancel:any`. If Delbank's response is lost, the operation is `UNCONFIRMED` and the subgraph " +
      "determines its outcome.",
  })
  @Directive("@authenticated")
  @Directive('@requiresScopes(scopes: [["pix:cancel"], ["pix:cancel:any"]])')
  @Directive(COSTS_PROVIDER_CALL)
  async cancelPixAuthorization(
    @Arg("input", () => CancelPixAuthorizationInput, {
      description: "The authorization to cancel, the requester and the reason.",
    })
    input: CancelPixAuthorizationInput,
    @Ctx() { caller, runOperation }: Context,
  ): Promise<CancelPixAuthorizationPayload> {
    const payerTaxId = requireCancelPermission(caller);
    const { idempotencyKey, recurrenceId } = input;
    const { operation, userErrors } = await runOperation({
      kind: CANCEL_PIX_AUTHORIZATION,
      idempotencyKey,
      input: toIntent(input, payerTaxId),
      recurrenceId, // `prepare` of the handler checks that the authorization is the payer's
      ...(payerTaxId !== null && isUserId(caller?.userId) && { payerUserId: caller.userId }),
    });
    const pixCancellation = operation?.status === "SUCCEEDED" ? toPixCancellation(operation.result) : null;
    return { operation, userErrors, pixCancellation, recurrenceId };
  }

  @FieldResolver(() => PixAuthorization, {
    nullable: true,
    description:
      "The authorization as Delbank currently returns it. Null if the caller cannot access it. Makes at most one " +
      "provider call.",
  })
  @Directive(COSTS_PROVIDER_CALL)
  authorization(
    @Root() { recurrenceId, operation }: CancelPixAuthorizationPayload,
    @Ctx() context: Context,
  ): Promise<PixAuthorization | null> {
    // An authorization that the caller cannot cancel is indistinguishable from one that does not exist.
    const isHidden = operation === null || operation.failure?.code === "NOT_FOUND";
    return isHidden ? Promise.resolve(null) : resolvePixAuthorizationReference({ recurrenceId }, context);
  }
}

@Resolver(() => Operation)
export class OperationPixCancellationResolver {
  @FieldResolver(() => PixCancellation, {
    nullable: true,
    description:
      "The cancellation that the operation created. Null unless the operation is a successful Pix cancellation that " +
      "the caller can access, and whose details are still stored.",
  })
  pixCancellation(@Root() { kind, status, result }: Operation): PixCancellation | null {
    return kind === CANCEL_PIX_AUTHORIZATION && status === "SUCCEEDED" ? toPixCancellation(result) : null;
  }
}
