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
  description: "Why a mutation was rejected.",
  valuesConfig: {
    NOT_FOUND: { description: "The member or authorization does not exist, or the caller cannot access it." },
    ALREADY_EXISTS: { description: "The member already has an account." },
    ALREADY_CANCELLED: { description: "The authorization is already cancelled." },
    NOT_CANCELLABLE: { description: "The authorization cannot be cancelled in its status for this reason." },
    DOCUMENT_MISMATCH: { description: "The requester's document is neither the payer's nor the beneficiary's." },
    IDEMPOTENCY_KEY_REUSED: {
      description: "The idempotencyKey was already used with another input, or for a link that is returned only once.",
    },
    OPERATION_IN_PROGRESS: {
      description:
        "The operation, or another one on the same authorization, is in progress. Retry with the same idempotencyKey, or " +
        "query `operation`.",
    },
    PROVIDER_REJECTED: {
      description: "The provider rejected the request, never received it, or did not execute it. `message` says more.",
    },
  },
});

@ObjectType({ simpleResolvers: true, description: "An error that the user can act on." })
export class UserError {
  @Field(() => UserErrorCode, { description: "The error's code. Branch on it." })
  code!: UserErrorCode;

  @Field(() => String, { description: "A user-facing message. Never contains input values." })
  message!: string;

  @Field(() => [String], {
    nullable: true,
    description: "The path of the invalid input field. Null if the error has none.",
  })
  field?: string[];

  @Field(() => Boolean, { description: "Whether the same request can succeed later." })
  retryable!: boolean;
}
