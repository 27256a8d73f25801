import { Field, ObjectType, registerEnumType } from "type-graphql";

export const UserErrorCode = {
  NOT_FOUND: "NOT_FOUND",
  ALREADY_EXISTS: "ALREADY_EXISTS",
  ALREADY_CANCELLED: "ALREADY_CANCELLED",
  NOT_CANCELLABLE: "NOT_CANCELLABLE",
  DOCUMENT_MISMATCH: "DOCUMENT_MISMATCH",
  IDEMPOTENCY_KEY_REUSED: "IDEMPOTENCY_KEY_REUSED",
  OPERATION_IN_PROGRESS: "OPERATION_IN_PROGRESS",
  PROVIDER_REJECTED: "PROVIDER_REJECTED",
} as const;
export type UserErrorCode = keyof typeof UserErrorCode;

registerEnumType(UserErrorCode, {
  name: "UserErrorCode",
  description: "Why a mutation did not do what was asked, in a way that the user can act on.",
  valuesConfig: {
    NOT_FOUND: { description: "There is no such member or authorization, or it is not the caller's." },
    ALREADY_EXISTS: { description: "The member has an account already." },
    ALREADY_CANCELLED: { description: "The authorization is cancelled already." },
    NOT_CANCELLABLE: { description: "The authorization cannot be cancelled in its status for this reason." },
    DOCUMENT_MISMATCH: { description: "The requester's document is neither the payer's nor the beneficiary's." },
    IDEMPOTENCY_KEY_REUSED: {
      description: "The idempotencyKey was used before with another input, or for a secret that is shown once.",
    },
    OPERATION_IN_PROGRESS: {
      description:
        "The same operation, or another on the same authorization, is under way. Ask again with the same key, or watch `operation`.",
    },
    PROVIDER_REJECTED: { description: "The provider said no." },
  },
});

@ObjectType({ simpleResolvers: true, description: "A refusal that a user can act on." })
export class UserError {
  @Field(() => UserErrorCode, { description: "What to branch on." })
  code!: UserErrorCode;

  @Field(() => String, { description: "A sentence to show. Holds nothing that was sent." })
  message!: string;

  @Field(() => [String], { nullable: true, description: "The path of the input field at fault, if one is." })
  field?: string[];

  @Field(() => Boolean, { description: "Whether the same may succeed later." })
  retryable!: boolean;
}
