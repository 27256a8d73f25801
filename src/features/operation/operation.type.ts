import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, Int, InterfaceType, ObjectType, registerEnumType } from "type-graphql";
import { UserError } from "./user-error.type";

export const OperationStatus = {
  PENDING: "PENDING",
  UNCONFIRMED: "UNCONFIRMED",
  SUCCEEDED: "SUCCEEDED",
  FAILED: "FAILED",
  NEEDS_ATTENTION: "NEEDS_ATTENTION",
} as const;
export type OperationStatus = keyof typeof OperationStatus;

registerEnumType(OperationStatus, {
  name: "OperationStatus",
  description: "What is known of an operation's effect.",
  valuesConfig: {
    PENDING: {
      description: "Not done yet: it is being worked on, or the provider cannot be reached and it will be sent later.",
    },
    UNCONFIRMED: {
      description:
        "It was sent, and no answer that can be trusted came back. It is being found out; watch `operation`.",
    },
    SUCCEEDED: { description: "Done, exactly once." },
    FAILED: { description: "Refused; `failure` says why. It had no effect." },
    NEEDS_ATTENTION: { description: "Its fate could not be found out in time; people look into it." },
  },
});

export const OperationKind = {
  CREATE_USER: "CREATE_USER",
  UPDATE_USER: "UPDATE_USER",
  PREFILL_USER: "PREFILL_USER",
  CANCEL_USER: "CANCEL_USER",
  CHANGE_OFFER: "CHANGE_OFFER",
  CREATE_PORTAL_LINK: "CREATE_PORTAL_LINK",
  CANCEL_PIX_AUTHORIZATION: "CANCEL_PIX_AUTHORIZATION",
} as const;
export type OperationKind = keyof typeof OperationKind;

registerEnumType(OperationKind, {
  name: "OperationKind",
  description: "Which mutation an operation is of.",
  valuesConfig: {
    CREATE_USER: { description: "`createUser`" },
    UPDATE_USER: { description: "`updateUser`" },
    PREFILL_USER: { description: "`prefillUser`" },
    CANCEL_USER: { description: "`cancelUser`" },
    CHANGE_OFFER: { description: "`changeOffer`" },
    CREATE_PORTAL_LINK: { description: "`createPortalLink`" },
    CANCEL_PIX_AUTHORIZATION: { description: "`cancelPixAuthorization`" },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: "One press of a button: what was asked once under one idempotency key, and what became of it.",
})
@Directive('@key(fields: "id")')
@Directive("@authenticated")
export class Operation {
  @Field(() => ID, { description: "The operation's id." })
  id!: string;

  @Field(() => OperationKind, { description: "Which mutation it is of." })
  kind!: OperationKind;

  @Field(() => OperationStatus, { description: "What is known of its effect." })
  status!: OperationStatus;

  @Field(() => ID, { nullable: true, description: "The member it is about." })
  userId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The recurrence it is about; null if the caller neither asked for the operation nor has `pix:read:any`.",
  })
  recurrenceId!: string | null;

  @Field(() => Int, { description: "How often it was sent to the provider, or was about to be." })
  attempts!: number;

  @Field(() => GraphQLDateTime, { description: "When it was asked for." })
  createdAt!: string;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When its outcome was known; null while it is not." })
  settledAt!: string | null;

  @Field(() => UserError, { nullable: true, description: "Why it failed; null unless it did." })
  failure!: UserError | null;

  /** What the provider answered, for the features that show it. Not a field. */
  result!: unknown;

  /** The idempotency key as its caller sees it. It is stored sealed, and opened only for who selects it. */
  decryptIdempotencyKey!: () => string;
}

@InterfaceType({
  description:
    "What every mutation answers. An operation that is `UNCONFIRMED` is no error: its outcome is being found out.",
})
export abstract class MutationPayload {
  @Field(() => Operation, { nullable: true, description: "The operation, to watch; null where nothing was begun." })
  operation!: Operation | null;

  @Field(() => [UserError], { description: "Refusals that the user can act on; empty when there are none." })
  userErrors!: UserError[];
}
