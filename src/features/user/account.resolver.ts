import { Arg, Ctx, Directive, Mutation, Resolver } from "type-graphql";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type Context } from "../context";
import { type OperationKind, createUserError } from "../operation/public";
import { toProfile } from "./to-profile";
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

type UserMutationInput = Pick<CancelUserInput, "userId" | "idempotencyKey">;

async function runUserMutation(
  context: Context,
  kind: OperationKind,
  { userId, idempotencyKey, input }: UserMutationInput & { input: unknown },
) {
  const { operation, userErrors } = await context.runOperation({ kind, idempotencyKey, input, userId });
  return { operation, userErrors, user: operation?.status === "SUCCEEDED" ? { id: userId } : null };
}

@Resolver()
export class AccountResolver {
  @Mutation(() => CreateUserPayload, { description: "Creates a member's account at Avibra." })
  @Directive("@authenticated")
  createUser(
    @Arg("input", () => CreateUserInput, { description: "The member." }) input: CreateUserInput,
    @Ctx() context: Context,
  ): Promise<CreateUserPayload> {
    return runUserMutation(context, "CREATE_USER", { ...input, input: toProfile(input) });
  }

  @Mutation(() => UpdateUserPayload, { description: "Changes a member's names, e-mail or phone." })
  @Directive("@authenticated")
  updateUser(
    @Arg("input", () => UpdateUserInput, { description: "The changes." }) input: UpdateUserInput,
    @Ctx() context: Context,
  ): Promise<UpdateUserPayload> {
    const isEmpty = [input.firstName, input.lastName, input.email, input.phone].every((value) => value == null);
    if (isEmpty) throw new SubgraphError("BAD_USER_INPUT", { message: "updateUser needs at least one change." });
    return runUserMutation(context, "UPDATE_USER", { ...input, input: toProfile(input) });
  }

  @Mutation(() => PrefillUserPayload, { description: "Tells Avibra of a member ahead of the enrollment." })
  @Directive("@authenticated")
  prefillUser(
    @Arg("input", () => PrefillUserInput, { description: "What is known of the member." }) input: PrefillUserInput,
    @Ctx() context: Context,
  ): Promise<PrefillUserPayload> {
    return runUserMutation(context, "PREFILL_USER", { ...input, input: toProfile(input) });
  }

  @Mutation(() => CancelUserPayload, {
    description: "Cancels the member's offer: your company is not billed for it any more.",
  })
  @Directive("@authenticated")
  cancelUser(
    @Arg("input", () => CancelUserInput, { description: "The member." }) { userId, idempotencyKey }: CancelUserInput,
    @Ctx() context: Context,
  ): Promise<CancelUserPayload> {
    return runUserMutation(context, "CANCEL_USER", { userId, idempotencyKey, input: { userId } });
  }

  @Mutation(() => CreatePortalLinkPayload, {
    description: "Makes a fresh link that signs the member in to Avibra's portal. Each key shows its link once.",
  })
  @Directive("@authenticated")
  async createPortalLink(
    @Arg("input", () => CreatePortalLinkInput, { description: "The member." })
    { userId, idempotencyKey }: CreatePortalLinkInput,
    @Ctx() { runOperation }: Context,
  ): Promise<CreatePortalLinkPayload> {
    const request = { kind: "CREATE_PORTAL_LINK", userId, idempotencyKey, input: { userId } } as const;
    const { operation, userErrors, isReplay, secret } = await runOperation(request);
    const portalUrl = typeof secret === "string" ? secret : null;
    if (!isReplay || operation?.status !== "SUCCEEDED") return { operation, userErrors, portalUrl };
    const message = "The link was shown once and is not stored. Send a new idempotencyKey to get a new link.";
    return {
      operation,
      userErrors: [{ ...createUserError("IDEMPOTENCY_KEY_REUSED", "idempotencyKey"), message }],
      portalUrl: null,
    };
  }
}
