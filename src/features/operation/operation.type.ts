import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, Int, InterfaceType, ObjectType, registerEnumType } from "type-graphql";
import { sizedUpTo } from "../../platform/graphql/limits/router-costs";
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
  description: "The status of an operation.",
  valuesConfig: {
    PENDING: {
      description: "The operation is running, or the provider could not be reached and the request will be sent later.",
    },
    UNCONFIRMED: {
      description:
        "The request was sent, but no reliable response arrived. The subgraph determines the outcome: query `operation` " +
        "or subscribe to `operationSettled`.",
    },
    SUCCEEDED: { description: "The provider accepted the request, or its effect was confirmed later." },
    FAILED: { description: "The request was rejected and had no effect. `failure` contains the reason." },
    NEEDS_ATTENTION: {
      description:
        "The outcome could not be determined in time and requires manual review. The request is never sent again. The " +
        "subgraph still reads the outcome of a Pix cancellation, so the status can change to `SUCCEEDED` or `FAILED`.",
    },
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
  description: "The mutation that started an operation.",
  valuesConfig: {
    CREATE_USER: { description: "The mutation `createUser`." },
    UPDATE_USER: { description: "The mutation `updateUser`." },
    PREFILL_USER: { description: "The mutation `prefillUser`." },
    CANCEL_USER: { description: "The mutation `cancelUser`." },
    CHANGE_OFFER: { description: "The mutation `changeOffer`." },
    CREATE_PORTAL_LINK: { description: "The mutation `createPortalLink`." },
    CANCEL_PIX_AUTHORIZATION: { description: "The mutation `cancelPixAuthorization`." },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: "A mutation request and its outcome, identified by an idempotency key.",
})
@Directive('@key(fields: "id")')
@Directive("@authenticated")
export class Operation {
  @Field(() => ID, { description: "The operation's ID." })
  id!: string;

  @Field(() => OperationKind, { description: "The mutation that started the operation." })
  kind!: OperationKind;

  @Field(() => OperationStatus, { description: "The status of the operation." })
  status!: OperationStatus;

  @Field(() => ID, {
    nullable: true,
    description:
      "The ID of the member that the operation concerns. Null if it concerns none, or if the ID is no longer stored.",
  })
  userId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The ID of the recurrence that the operation cancels. Null for other kinds, or if the caller neither started the " +
      "operation nor has the scope `pix:read:any`, or if the ID is no longer stored.",
  })
  recurrenceId!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The ID of the request that started the operation: its header `x-request-id`. Null if it is not, or no longer, stored.",
  })
  requestId!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "What to show the user while the outcome is not known. Null if it is known: then show the message of the failure, if there is one.",
  })
  userMessage!: string | null;

  @Field(() => Int, {
    description: "The number of times that the operation was, or was about to be, sent to the provider.",
  })
  attempts!: number;

  @Field(() => GraphQLDateTime, { description: "When the operation was created." })
  createdAt!: string;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When the outcome became known. Null until then." })
  settledAt!: string | null;

  @Field(() => UserError, {
    nullable: true,
    description: "Why the operation failed. Null unless `status` is `FAILED`.",
  })
  failure!: UserError | null;

  /** The provider's result, for the resolvers of other features. Not a GraphQL field. */
  result!: unknown;

  /** Decrypts the idempotency key, only if its field is selected. Not a GraphQL field. */
  decryptIdempotencyKey!: () => string;
}

@InterfaceType({
  description:
    "The result of every mutation. An `UNCONFIRMED` operation is not an error: the subgraph determines its outcome.",
})
export abstract class MutationPayload {
  @Field(() => Operation, {
    nullable: true,
    description:
      "The mutation's operation, or the one that it conflicts with. Null if no operation was started, or if the caller " +
      "cannot access it.",
  })
  operation!: Operation | null;

  @Directive(sizedUpTo(1))
  @Field(() => [UserError], { description: "The errors that the user can act on. Empty if there are none." })
  userErrors!: UserError[];
}
