import { Arg, Ctx, Directive, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { isCnpj, isCpf } from "../../providers/delbank/tax-id";
import { type Context } from "../context";
import { Operation } from "../operation/public";
import { isUserId } from "../user/public";
import { CANCEL_PIX_AUTHORIZATION, toPixCancellation } from "./cancel-pix-authorization";
import { CancelPixAuthorizationInput } from "./cancel-pix-authorization.input";
import { CancelPixAuthorizationPayload } from "./cancel-pix-authorization-payload.type";
import { type CancellationIntent } from "./cancellation-eligibility.state";
import { requirePayerTaxId } from "./access";
import { resolvePixAuthorizationReference } from "./pix-authorization.resolver";
import { PixAuthorization } from "./pix-authorization.type";
import { PixCancellation } from "./pix-cancellation.type";

function toIntent(input: CancelPixAuthorizationInput, payerTaxId: string | null): CancellationIntent {
  const { recurrenceId, requesterType, requesterDocument, reason } = input;
  if (reason === "UNKNOWN") throw new SubgraphError("BAD_USER_INPUT", { message: "reason must be a known reason." });
  const isOfType = requesterType === "NATURAL" ? isCpf(requesterDocument) : isCnpj(requesterDocument);
  if (!isOfType) {
    const message = "requesterDocument must be a CPF for NATURAL and a CNPJ for LEGAL.";
    throw new SubgraphError("BAD_USER_INPUT", { message });
  }
  return { recurrenceId, requesterType, requesterDocument, reason, payerTaxId };
}

@Resolver(() => CancelPixAuthorizationPayload)
export class CancelPixAuthorizationResolver {
  @Mutation(() => CancelPixAuthorizationPayload, {
    description:
      "Cancels a payer's authorization, exactly once. Needs the scope `pix:cancel` and the payer's own tax id in the token, " +
      "or `pix:cancel:any`. `UNCONFIRMED` means that the provider's answer was lost: it is being found out.",
  })
  @Directive("@authenticated")
  @Directive('@requiresScopes(scopes: [["pix:cancel"], ["pix:cancel:any"]])')
  async cancelPixAuthorization(
    @Arg("input", () => CancelPixAuthorizationInput, { description: "What is cancelled." })
    input: CancelPixAuthorizationInput,
    @Ctx() { caller, runOperation }: Context,
  ): Promise<CancelPixAuthorizationPayload> {
    const payerTaxId = requirePayerTaxId(caller);
    const { idempotencyKey, recurrenceId } = input;
    const { operation, userErrors } = await runOperation({
      kind: CANCEL_PIX_AUTHORIZATION,
      idempotencyKey,
      input: toIntent(input, payerTaxId),
      recurrenceId,
      ...(payerTaxId !== null && isUserId(caller?.userId) && { userId: caller.userId }),
    });
    const pixCancellation = operation?.status === "SUCCEEDED" ? toPixCancellation(operation.result) : null;
    return { operation, userErrors, pixCancellation, recurrenceId };
  }

  @FieldResolver(() => PixAuthorization, {
    nullable: true,
    description:
      "The authorization as Delbank shows it now; null where the caller may not read it. Costs a provider call.",
  })
  authorization(
    @Root() { recurrenceId, operation }: CancelPixAuthorizationPayload,
    @Ctx() context: Context,
  ): Promise<PixAuthorization | null> {
    // What is not the caller's to cancel looks like nothing from here either.
    const isHidden = operation === null || operation.failure?.code === "NOT_FOUND";
    return isHidden ? Promise.resolve(null) : resolvePixAuthorizationReference({ recurrenceId }, context);
  }
}

@Resolver(() => Operation)
export class OperationPixCancellationResolver {
  @FieldResolver(() => PixCancellation, {
    nullable: true,
    description: "The cancellation that it made; null for other kinds, and until it succeeded.",
  })
  pixCancellation(@Root() { kind, status, result }: Operation): PixCancellation | null {
    return kind === CANCEL_PIX_AUTHORIZATION && status === "SUCCEEDED" ? toPixCancellation(result) : null;
  }
}
