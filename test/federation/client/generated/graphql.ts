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

/** The offer to move a member to. */
export type ChangeOfferInput = {
  /** Whether the change is an upgrade or a downgrade. */
  direction: OfferChangeDirection;
  /** A client-generated key that identifies this request. Reuse it when retrying. */
  idempotencyKey: string;
  /** The ID of the new offer, for example `premium`. */
  offerId: string;
  /** The member's ID. */
  userId: string;
};

/** The status of a member's enrollment at Avibra. */
export type EnrollmentStatus =
  /** The member's offer was cancelled. */
  | 'CANCELLED'
  /** The member's account exists. */
  | 'ENROLLED'
  /** An offer is active for the member. */
  | 'OFFER_ACTIVE'
  /** Avibra received the member's enrollment request, and the member has not enrolled yet. */
  | 'REQUESTED'
  /** Nothing is known about the member, the caller cannot access the member, or the stored data is temporarily unavailable. */
  | 'UNKNOWN';

/** Whether the member moves to a larger or a smaller offer. */
export type OfferChangeDirection =
  /** The member moves to a smaller offer. */
  | 'DOWNGRADE'
  /** The member moves to a larger offer. */
  | 'UPGRADE';

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

/** The mutation that started an operation. */
export type OperationKind =
  /** The mutation `cancelPixAuthorization`. */
  | 'CANCEL_PIX_AUTHORIZATION'
  /** The mutation `cancelUser`. */
  | 'CANCEL_USER'
  /** The mutation `changeOffer`. */
  | 'CHANGE_OFFER'
  /** The mutation `createPortalLink`. */
  | 'CREATE_PORTAL_LINK'
  /** The mutation `createUser`. */
  | 'CREATE_USER'
  /** The mutation `prefillUser`. */
  | 'PREFILL_USER'
  /** The mutation `updateUser`. */
  | 'UPDATE_USER';

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

/** The status of an Automatic Pix authorization. */
export type PixAuthorizationStatus =
  /** The payer has confirmed the authorization, and payments are collected. */
  | 'ACTIVE'
  /** The authorization was cancelled, and no more payments are collected. */
  | 'CANCELLED'
  /** The authorization has expired. */
  | 'EXPIRED'
  /** The payer has not confirmed the authorization yet. */
  | 'PENDING'
  /** The payer rejected the authorization. */
  | 'REJECTED'
  /** A status that the subgraph does not know. `providerStatus` contains Delbank's value. */
  | 'UNKNOWN';

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

/** Whether the next monthly swap adds or removes a benefit. */
export type SwapDirection =
  /** The swap adds the benefit. */
  | 'ADDING'
  /** The swap removes the benefit. */
  | 'REMOVING';

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

export type CancelPixAuthorizationMutationVariables = Exact<{
  input: CancelPixAuthorizationInput;
}>;


export type CancelPixAuthorizationMutation = { __typename: 'Mutation', cancelPixAuthorization: { __typename: 'CancelPixAuthorizationPayload', operation: { __typename: 'Operation', id: string, status: OperationStatus } | null, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, retryable: boolean }>, pixCancellation: { __typename: 'PixCancellation', id: string, recurrenceId: string, reason: PixCancellationReason, reasonCode: string | null, cancelledAt: string | null } | null, authorization: { __typename: 'PixAuthorization', recurrenceId: string, status: PixAuthorizationStatus } | null } };

export type ChangeOfferMutationVariables = Exact<{
  input: ChangeOfferInput;
}>;


export type ChangeOfferMutation = { __typename: 'Mutation', changeOffer: { __typename: 'ChangeOfferPayload', operation: { __typename: 'Operation', id: string, status: OperationStatus } | null, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, retryable: boolean }>, user: { __typename: 'User', id: string, enrollment: { __typename: 'Enrollment', status: EnrollmentStatus }, currentOffer: { __typename: 'CurrentOffer', offer: { __typename: 'Offer', id: string, name: string } } | null } | null } };

export type MemberBenefitsQueryVariables = Exact<{ [key: string]: never; }>;


export type MemberBenefitsQuery = { __typename: 'Query', me: { __typename: 'User', id: string, enrollment: { __typename: 'Enrollment', status: EnrollmentStatus }, currentOffer: { __typename: 'CurrentOffer', status: OfferStatus, nextBillingAt: string | null, offer: { __typename: 'Offer', id: string, name: string, billingPeriod: string | null, price: { __typename: 'Money', amount: string, currency: string } | null } } | null, benefits: Array<{ __typename: 'Benefit', id: string, userId: string, name: string, status: BenefitStatus, coverage: { __typename: 'Money', amount: string, currency: string } | null, pendingSwap: { __typename: 'BenefitSwap', direction: SwapDirection, at: string } | null }> | null, availableOffers: Array<{ __typename: 'Offer', id: string, name: string, price: { __typename: 'Money', amount: string, currency: string } | null }> | null } | null };

export type MemberOperationsQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type MemberOperationsQuery = { __typename: 'Query', me: { __typename: 'User', id: string, operations: { __typename: 'OperationConnection', edges: Array<{ __typename: 'OperationEdge', cursor: string, node: { __typename: 'Operation', id: string, kind: OperationKind, status: OperationStatus, createdAt: string, settledAt: string | null, failure: { __typename: 'UserError', code: UserErrorCode, message: string } | null } }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type PixAuthorizationQueryVariables = Exact<{
  recurrenceId: string;
}>;


export type PixAuthorizationQuery = { __typename: 'Query', pixAuthorization: { __typename: 'PixAuthorization', recurrenceId: string, status: PixAuthorizationStatus, amount: { __typename: 'Money', amount: string, currency: string } | null, payer: { __typename: 'PixParty', personType: PersonType | null, document: string | null, name: string | null }, beneficiary: { __typename: 'PixParty', personType: PersonType | null, document: string | null, name: string | null }, cancellations: Array<{ __typename: 'PixCancellation', id: string, recurrenceId: string, reason: PixCancellationReason, reasonCode: string | null, cancelledAt: string | null }> | null } | null };


export const CancelPixAuthorizationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelPixAuthorization"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelPixAuthorizationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"cancelPixAuthorization"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"operation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pixCancellation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"reasonCode"}},{"kind":"Field","name":{"kind":"Name","value":"cancelledAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"authorization"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<CancelPixAuthorizationMutation, CancelPixAuthorizationMutationVariables>;
export const ChangeOfferDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangeOffer"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangeOfferInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"changeOffer"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"operation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"enrollment"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"currentOffer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"offer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<ChangeOfferMutation, ChangeOfferMutationVariables>;
export const MemberBenefitsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MemberBenefits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"enrollment"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"currentOffer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"nextBillingAt"}},{"kind":"Field","name":{"kind":"Name","value":"offer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"price"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"billingPeriod"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"benefits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"coverage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pendingSwap"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"direction"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"availableOffers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"price"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]}}]}}]}}]} as unknown as DocumentNode<MemberBenefitsQuery, MemberBenefitsQueryVariables>;
export const MemberOperationsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MemberOperations"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"10"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<MemberOperationsQuery, MemberOperationsQueryVariables>;
export const PixAuthorizationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PixAuthorization"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"recurrenceId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RecurrenceId"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"pixAuthorization"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"recurrenceId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"recurrenceId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"payer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"personType"}},{"kind":"Field","name":{"kind":"Name","value":"document"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"beneficiary"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"personType"}},{"kind":"Field","name":{"kind":"Name","value":"document"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"cancellations"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"reasonCode"}},{"kind":"Field","name":{"kind":"Name","value":"cancelledAt"}}]}}]}}]}}]} as unknown as DocumentNode<PixAuthorizationQuery, PixAuthorizationQueryVariables>;