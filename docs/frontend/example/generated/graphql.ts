/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The status of a member's benefit. */
export type BenefitStatus =
  /** The member has the benefit. */
  | 'ACTIVE'
  /** The member can choose the benefit. */
  | 'ELIGIBLE'
  /** The member no longer has the benefit. */
  | 'INACTIVE'
  /** The member has chosen the benefit, and it is not in effect yet. */
  | 'PENDING'
  /** A status that the subgraph does not know. `providerStatus` contains Avibra's value. */
  | 'UNKNOWN';

/** The authorization to cancel, the requester and the reason. */
export type CancelPixAuthorizationInput = {
  /** A client-generated key that identifies this request. Reuse it when retrying. */
  idempotencyKey: string;
  /** The reason for the cancellation. `UNKNOWN` is rejected. */
  reason: PixCancellationReason;
  /** The ID of the recurrence to cancel. */
  recurrenceId: string;
  /** The requester's CPF or CNPJ. It must be the payer's or the beneficiary's. */
  requesterDocument: string;
  /** Whether the requester is a person (with a CPF) or a company (with a CNPJ). */
  requesterType: PersonType;
};

/** The status of a member's offer. */
export type OfferStatus =
  /** The offer is in effect and billed. */
  | 'ACTIVE'
  /** The offer was cancelled and is no longer billed. */
  | 'CANCELLED'
  /** The offer is not in effect. */
  | 'INACTIVE'
  /** The member has chosen the offer, and it is not in effect yet. */
  | 'PENDING'
  /** A status that the subgraph does not know. `providerStatus` contains Avibra's value. */
  | 'UNKNOWN';

/** The status of an operation. */
export type OperationStatus =
  /** The request was rejected and had no effect. `failure` contains the reason. */
  | 'FAILED'
  /** The outcome could not be determined in time and requires manual review. The request is never sent again. The subgraph still reads the outcome of a Pix cancellation, so the status can change to `SUCCEEDED` or `FAILED`. */
  | 'NEEDS_ATTENTION'
  /** The operation is running, or the provider could not be reached and the request will be sent later. */
  | 'PENDING'
  /** The provider accepted the request, or its effect was confirmed later. */
  | 'SUCCEEDED'
  /** The request was sent, but no reliable response arrived. The subgraph determines the outcome: query `operation` or subscribe to `operationSettled`. */
  | 'UNCONFIRMED';

/** Whether a party is a person or a company. */
export type PersonType =
  /** A legal person, identified by a CNPJ. */
  | 'LEGAL'
  /** A natural person, identified by a CPF. */
  | 'NATURAL';

/** The reason for a cancellation. The four-letter code of the scheme is in parentheses. */
export type PixCancellationReason =
  /** The payer's account was closed (ACCL). For an active authorization. */
  | 'ACCOUNT_CLOSED'
  /** The company was closed (CPCL). For an active authorization. */
  | 'COMPANY_CLOSED'
  /** The confirmation request is a duplicate (PCFD). For a pending confirmation request. */
  | 'DUPLICATE_CONFIRMATION'
  /** Fraud is suspected (FRUD). For an active authorization. */
  | 'FRAUD_SUSPECTED'
  /** A PAIN.009 message was not answered (NRES). For a pending confirmation request. */
  | 'NO_RESPONSE_TO_PAIN009'
  /** The payer died (DCSD). For an active authorization. */
  | 'PAYER_DECEASED'
  /** The payee requested the cancellation (SLCR). For an active authorization. */
  | 'REQUESTED_BY_PAYEE'
  /** The payer requested the cancellation (SLDB). For an active authorization. */
  | 'REQUESTED_BY_PAYER'
  /** The receiver sent the confirmation request in error (ERSL). For a pending confirmation request. */
  | 'REQUEST_ERROR_BY_RECEIVER'
  /** A reason that the subgraph does not know. `reasonCode` contains the provider's value. Not valid as input. */
  | 'UNKNOWN';

/** Why a mutation was rejected. */
export type UserErrorCode =
  /** The authorization is already cancelled. */
  | 'ALREADY_CANCELLED'
  /** The member already has an account. */
  | 'ALREADY_EXISTS'
  /** The requester's document is neither the payer's nor the beneficiary's. */
  | 'DOCUMENT_MISMATCH'
  /** The idempotencyKey was already used with another input, or for a link that is returned only once. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The authorization cannot be cancelled in its status for this reason. */
  | 'NOT_CANCELLABLE'
  /** The member or authorization does not exist, or the caller cannot access it. */
  | 'NOT_FOUND'
  /** The operation, or another one on the same authorization, is in progress. Retry with the same idempotencyKey, or query `operation`. */
  | 'OPERATION_IN_PROGRESS'
  /** The provider rejected the request, never received it, or did not execute it. `message` says more. */
  | 'PROVIDER_REJECTED';

/** What happened to a member at Avibra. */
export type UserEventKind =
  /** Avibra received the member's enrollment request. */
  | 'ENROLLMENT_REQUEST_RECEIVED'
  /** The member's account was created. */
  | 'ENROLLMENT_SUCCESSFUL'
  /** An offer was activated for the member. */
  | 'OFFER_ACTIVATION_SUCCESSFUL'
  /** The member was upgraded to another offer. */
  | 'OFFER_UPGRADE_SUCCESSFUL'
  /** An event that Avibra does not document. `providerKind` contains Avibra's value. */
  | 'UNKNOWN'
  /** The member chose a benefit that changes at the next monthly swap. */
  | 'USER_BENEFITS_PENDING_SWAP';

export type ReadBenefitsQueryVariables = Exact<{ [key: string]: never; }>;


export type ReadBenefitsQuery = { me: { id: string, currentOffer: { status: OfferStatus, offer: { id: string, name: string } } | null, benefits: Array<{ id: string, userId: string, name: string, status: BenefitStatus }> | null } | null };

export type CancelAuthorizationMutationVariables = Exact<{
  input: CancelPixAuthorizationInput;
}>;


export type CancelAuthorizationMutation = { cancelPixAuthorization: { operation: { id: string, status: OperationStatus } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type OperationSettledSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type OperationSettledSubscription = { operationSettled: { id: string, status: OperationStatus } };

export type UserEventsSubscriptionVariables = Exact<{
  userId: string;
}>;


export type UserEventsSubscription = { userEvents: { id: string, kind: UserEventKind, occurredAt: string } };


export const ReadBenefitsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ReadBenefits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"currentOffer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"offer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"benefits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<ReadBenefitsQuery, ReadBenefitsQueryVariables>;
export const CancelAuthorizationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelAuthorization"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelPixAuthorizationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelPixAuthorization"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"operation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<CancelAuthorizationMutation, CancelAuthorizationMutationVariables>;
export const OperationSettledDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"OperationSettled"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"operationSettled"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]} as unknown as DocumentNode<OperationSettledSubscription, OperationSettledSubscriptionVariables>;
export const UserEventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"UserEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"userId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UserId"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userEvents"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"userId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"userId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}}]}}]}}]} as unknown as DocumentNode<UserEventsSubscription, UserEventsSubscriptionVariables>;