import { Arg, Ctx, Directive, Mutation, Resolver } from "type-graphql";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { COSTS_PROVIDER_CALL } from "../../platform/graphql/limits/router-costs";
import { type Context } from "../context";
import { type OperationKind, createUserError } from "../operation/public";
import { toProfile } from "./to-profile";
import { toUserPayload } from "./to-user-payload";
import {
  CancelUserPayload,
  CreatePortalLinkPayload,
  CreateUserPayload,
  PrefillUserPayload,
  UpdateUserPayload,
} from "./user-payload.type";
import {
  CancelUserInput,
  CreatePortalLinkInput,
  CreateUserInput,
  PrefillUserInput,
  UpdateUserInput,
} from "./user.input";

interface UserMutation {
  readonly kind: OperationKind;
  readonly request: Pick<CancelUserInput, "userId" | "idempotencyKey">;
  /** What the operation stores and its handler sends. */
  readonly input: unknown;
}

/** `runOperation` checks that the caller may change the member. */
async function runUserMutation({ runOperation }: Context, { kind, request, input }: UserMutation) {
  const { userId, idempotencyKey } = request;
  return toUserPayload(await runOperation({ kind, idempotencyKey, input, userId }), userId);
}

@Resolver()
export class AccountResolver {
  @Mutation(() => CreateUserPayload, { description: "Creates a member's account at Avibra." })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  createUser(
    @Arg("input", () => CreateUserInput, { description: "The member to create." }) input: CreateUserInput,
    @Ctx() context: Context,
  ): Promise<CreateUserPayload> {
    return runUserMutation(context, { kind: "CREATE_USER", request: input, input: toProfile(input) });
  }

  @Mutation(() => UpdateUserPayload, { description: "Changes a member's name, email address or phone number." })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  updateUser(
    @Arg("input", () => UpdateUserInput, { description: "The member and the new data." }) input: UpdateUserInput,
    @Ctx() context: Context,
  ): Promise<UpdateUserPayload> {
    const isEmpty = [input.firstName, input.lastName, input.email, input.phone].every((value) => value == null);
    if (isEmpty) throw new SubgraphError("BAD_USER_INPUT", { message: "updateUser requires at least one change." });
    return runUserMutation(context, { kind: "UPDATE_USER", request: input, input: toProfile(input) });
  }

  @Mutation(() => PrefillUserPayload, { description: "Sends a member's data to Avibra before the member enrolls." })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  prefillUser(
    @Arg("input", () => PrefillUserInput, { description: "The member and the known data." }) input: PrefillUserInput,
    @Ctx() context: Context,
  ): Promise<PrefillUserPayload> {
    return runUserMutation(context, { kind: "PREFILL_USER", request: input, input: toProfile(input) });
  }

  @Mutation(() => CancelUserPayload, {
    description: "Cancels a member's offer, so that your company is no longer billed for it.",
  })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  cancelUser(
    @Arg("input", () => CancelUserInput, { description: "The member whose offer to cancel." })
    request: CancelUserInput,
    @Ctx() context: Context,
  ): Promise<CancelUserPayload> {
    return runUserMutation(context, { kind: "CANCEL_USER", request, input: { userId: request.userId } });
  }

  @Mutation(() => CreatePortalLinkPayload, {
    description:
      "Creates a link that signs the member in to Avibra's portal. The link is returned only once for each idempotency " +
      "key.",
  })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  async createPortalLink(
    @Arg("input", () => CreatePortalLinkInput, { description: "The member to create a portal link for." })
    { userId, idempotencyKey }: CreatePortalLinkInput,
    @Ctx() { runOperation }: Context,
  ): Promise<CreatePortalLinkPayload> {
    // runOperation checks that the caller may change this member.
    const request = { kind: "CREATE_PORTAL_LINK", userId, idempotencyKey, input: { userId } } as const;
    const { operation, userErrors, isReplay, secret } = await runOperation(request);
    const portalUrl = typeof secret === "string" ? secret : null;
    if (!isReplay || operation?.status !== "SUCCEEDED") return { operation, userErrors, portalUrl };
    const message = "The link was returned once and is not stored. To get a new link, use a new idempotencyKey.";
    return {
      operation,
      userErrors: [{ ...createUserError("IDEMPOTENCY_KEY_REUSED", "idempotencyKey"), message }],
      portalUrl: null,
    };
  }
}
