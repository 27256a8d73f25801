/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Where a benefit stands for a member. */
export type BenefitStatus =
  /** The member has it now. */
  | 'ACTIVE'
  /** The member may choose it. */
  | 'ELIGIBLE'
  /** The member does not have it any more. */
  | 'INACTIVE'
  /** Chosen, and not yet in effect. */
  | 'PENDING'
  /** A status that this subgraph does not know; `providerStatus` holds Avibra's own word. */
  | 'UNKNOWN';

/** The authorization to cancel, who asks for it, and why. */
export type CancelPixAuthorizationInput = {
  /** Your name for this press of the button. */
  idempotencyKey: string;
  /** Why. `UNKNOWN` is refused. */
  reason: PixCancellationReason;
  /** The recurrence to cancel. */
  recurrenceId: string;
  /** The CPF or CNPJ of who asks for it: the payer's or the beneficiary's. */
  requesterDocument: string;
  /** Whether a person (with a CPF) or a company (with a CNPJ) asks for it. */
  requesterType: PersonType;
};

/** The offer that a member moves to. */
export type ChangeOfferInput = {
  /** Whether that is an upgrade or a downgrade. */
  direction: OfferChangeDirection;
  /** Your name for this press of the button. */
  idempotencyKey: string;
  /** The offer's id, for example `premium`. */
  offerId: string;
  /** The member. */
  userId: string;
};

/** How far a member has come with Avibra. */
export type EnrollmentStatus =
  /** The member's offer was cancelled. */
  | 'CANCELLED'
  /** The member's account exists. */
  | 'ENROLLED'
  /** An offer is active for the member. */
  | 'OFFER_ACTIVE'
  /** The member was announced to Avibra and has not enrolled. */
  | 'REQUESTED'
  /** Nothing is known of this member: nothing was heard yet, or our own record cannot be read at the moment. */
  | 'UNKNOWN';

/** Whether the member moves to a larger or a smaller offer. */
export type OfferChangeDirection =
  /** To a smaller offer. */
  | 'DOWNGRADE'
  /** To a larger offer. */
  | 'UPGRADE';

/** Where a member's offer stands. */
export type OfferStatus =
  /** The offer is in effect and billed. */
  | 'ACTIVE'
  /** Cancelled: not billed any more. */
  | 'CANCELLED'
  /** Not in effect. */
  | 'INACTIVE'
  /** Taken, and not yet in effect. */
  | 'PENDING'
  /** A status that this subgraph does not know; `providerStatus` holds Avibra's own word. */
  | 'UNKNOWN';

/** Which mutation an operation is of. */
export type OperationKind =
  /** `cancelPixAuthorization` */
  | 'CANCEL_PIX_AUTHORIZATION'
  /** `cancelUser` */
  | 'CANCEL_USER'
  /** `changeOffer` */
  | 'CHANGE_OFFER'
  /** `createPortalLink` */
  | 'CREATE_PORTAL_LINK'
  /** `createUser` */
  | 'CREATE_USER'
  /** `prefillUser` */
  | 'PREFILL_USER'
  /** `updateUser` */
  | 'UPDATE_USER';

/** What is known of an operation's effect. */
export type OperationStatus =
  /** Refused; `failure` says why. It had no effect. */
  | 'FAILED'
  /** Its fate could not be found out in time; people look into it. */
  | 'NEEDS_ATTENTION'
  /** Not done yet: it is being worked on, or the provider cannot be reached and it will be sent later. */
  | 'PENDING'
  /** Done, exactly once. */
  | 'SUCCEEDED'
  /** It was sent, and no answer that can be trusted came back. It is being found out; watch `operation`. */
  | 'UNCONFIRMED';

/** Whether a party is a person or a company. */
export type PersonType =
  /** A legal person, with a CNPJ. */
  | 'LEGAL'
  /** A natural person, with a CPF. */
  | 'NATURAL';

/** Where an Automatic Pix authorization stands. */
export type PixAuthorizationStatus =
  /** Payments are collected. */
  | 'ACTIVE'
  /** Cancelled: nothing is collected any more. */
  | 'CANCELLED'
  /** Its time has run out. */
  | 'EXPIRED'
  /** The payer has not confirmed it yet. */
  | 'PENDING'
  /** The payer said no. */
  | 'REJECTED'
  /** A status that this subgraph does not know; `providerStatus` holds the provider's own word. */
  | 'UNKNOWN';

/** Why an authorization is or was cancelled. */
export type PixCancellationReason =
  /** The payer's account was closed (ACCL). For an active authorization. */
  | 'ACCOUNT_CLOSED'
  /** The company was closed (CPCL). For an active authorization. */
  | 'COMPANY_CLOSED'
  /** Confirmation was asked for twice (PCFD). For a pending confirmation request. */
  | 'DUPLICATE_CONFIRMATION'
  /** Fraud is suspected (FRUD). For an active authorization. */
  | 'FRAUD_SUSPECTED'
  /** No answer to a PAIN.009 message (NRES). For a pending confirmation request. */
  | 'NO_RESPONSE_TO_PAIN009'
  /** The payer has died (DCSD). For an active authorization. */
  | 'PAYER_DECEASED'
  /** The payee wishes it (SLCR). For an active authorization. */
  | 'REQUESTED_BY_PAYEE'
  /** The payer wishes it (SLDB). For an active authorization. */
  | 'REQUESTED_BY_PAYER'
  /** The receiver asked in error (ERSL). For a pending confirmation request. */
  | 'REQUEST_ERROR_BY_RECEIVER'
  /** A reason that this subgraph does not know; `reasonCode` holds the provider's. Never valid as input. */
  | 'UNKNOWN';

/** What next month's swap does to a benefit. */
export type SwapDirection =
  /** The benefit comes into effect. */
  | 'ADDING'
  /** The benefit ceases. */
  | 'REMOVING';

/** Why a mutation did not do what was asked, in a way that the user can act on. */
export type UserErrorCode =
  /** The authorization is cancelled already. */
  | 'ALREADY_CANCELLED'
  /** The member has an account already. */
  | 'ALREADY_EXISTS'
  /** The requester's document is neither the payer's nor the beneficiary's. */
  | 'DOCUMENT_MISMATCH'
  /** The idempotencyKey was used before with another input, or for a secret that is shown once. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The authorization cannot be cancelled in its status for this reason. */
  | 'NOT_CANCELLABLE'
  /** There is no such member or authorization, or it is not the caller's. */
  | 'NOT_FOUND'
  /** The same operation, or another on the same authorization, is under way. Ask again with the same key, or watch `operation`. */
  | 'OPERATION_IN_PROGRESS'
  /** The provider said no. */
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


export type MemberBenefitsQuery = { __typename: 'Query', me: { __typename: 'User', id: string, enrollment: { __typename: 'Enrollment', status: EnrollmentStatus }, currentOffer: { __typename: 'CurrentOffer', status: OfferStatus, nextBillingAt: string | null, offer: { __typename: 'Offer', id: string, name: string, billingPeriod: string | null, price: { __typename: 'Money', amount: string, currency: string } | null } } | null, benefits: Array<{ __typename: 'Benefit', id: string, userId: string, name: string, status: BenefitStatus, coverage: { __typename: 'Money', amount: string, currency: string } | null, pendingSwap: { __typename: 'BenefitSwap', direction: SwapDirection, at: string } | null }>, availableOffers: Array<{ __typename: 'Offer', id: string, name: string, price: { __typename: 'Money', amount: string, currency: string } | null }> } | null };

export type MemberOperationsQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type MemberOperationsQuery = { __typename: 'Query', me: { __typename: 'User', id: string, operations: { __typename: 'OperationConnection', edges: Array<{ __typename: 'OperationEdge', cursor: string, node: { __typename: 'Operation', id: string, kind: OperationKind, status: OperationStatus, createdAt: string, settledAt: string | null, failure: { __typename: 'UserError', code: UserErrorCode, message: string } | null } }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } } | null };

export type PixAuthorizationQueryVariables = Exact<{
  recurrenceId: string;
}>;


export type PixAuthorizationQuery = { __typename: 'Query', pixAuthorization: { __typename: 'PixAuthorization', recurrenceId: string, status: PixAuthorizationStatus, amount: { __typename: 'Money', amount: string, currency: string } | null, payer: { __typename: 'PixParty', personType: PersonType | null, document: string | null, name: string | null }, beneficiary: { __typename: 'PixParty', personType: PersonType | null, document: string | null, name: string | null }, cancellations: Array<{ __typename: 'PixCancellation', id: string, recurrenceId: string, reason: PixCancellationReason, reasonCode: string | null, cancelledAt: string | null }> } | null };


export const CancelPixAuthorizationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelPixAuthorization"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelPixAuthorizationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"cancelPixAuthorization"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"operation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pixCancellation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"reasonCode"}},{"kind":"Field","name":{"kind":"Name","value":"cancelledAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"authorization"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<CancelPixAuthorizationMutation, CancelPixAuthorizationMutationVariables>;
export const ChangeOfferDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangeOffer"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangeOfferInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"changeOffer"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"operation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"enrollment"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"currentOffer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"offer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<ChangeOfferMutation, ChangeOfferMutationVariables>;
export const MemberBenefitsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MemberBenefits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"enrollment"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"currentOffer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"nextBillingAt"}},{"kind":"Field","name":{"kind":"Name","value":"offer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"price"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"billingPeriod"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"benefits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"coverage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pendingSwap"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"direction"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"availableOffers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"price"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]}}]}}]}}]} as unknown as DocumentNode<MemberBenefitsQuery, MemberBenefitsQueryVariables>;
export const MemberOperationsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MemberOperations"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"10"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<MemberOperationsQuery, MemberOperationsQueryVariables>;
export const PixAuthorizationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PixAuthorization"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"recurrenceId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RecurrenceId"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"pixAuthorization"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"recurrenceId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"recurrenceId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"payer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"personType"}},{"kind":"Field","name":{"kind":"Name","value":"document"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"beneficiary"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"personType"}},{"kind":"Field","name":{"kind":"Name","value":"document"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"cancellations"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"recurrenceId"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"reasonCode"}},{"kind":"Field","name":{"kind":"Name","value":"cancelledAt"}}]}}]}}]}}]} as unknown as DocumentNode<PixAuthorizationQuery, PixAuthorizationQueryVariables>;