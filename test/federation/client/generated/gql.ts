/* eslint-disable */
import * as types from './graphql';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "mutation CancelPixAuthorization($input: CancelPixAuthorizationInput!) {\n  cancelPixAuthorization(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    pixCancellation {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n    authorization {\n      recurrenceId\n      status\n    }\n  }\n}": typeof types.CancelPixAuthorizationDocument,
    "mutation ChangeOffer($input: ChangeOfferInput!) {\n  changeOffer(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    user {\n      id\n      enrollment {\n        status\n      }\n      currentOffer {\n        offer {\n          id\n          name\n        }\n      }\n    }\n  }\n}": typeof types.ChangeOfferDocument,
    "query MemberBenefits {\n  me {\n    id\n    enrollment {\n      status\n    }\n    currentOffer {\n      status\n      nextBillingAt\n      offer {\n        id\n        name\n        price {\n          amount\n          currency\n        }\n        billingPeriod\n      }\n    }\n    benefits {\n      id\n      userId\n      name\n      status\n      coverage {\n        amount\n        currency\n      }\n      pendingSwap {\n        direction\n        at\n      }\n    }\n    availableOffers {\n      id\n      name\n      price {\n        amount\n        currency\n      }\n    }\n  }\n}": typeof types.MemberBenefitsDocument,
    "query MemberOperations($first: Int! = 10, $after: String) {\n  me {\n    id\n    operations(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          id\n          kind\n          status\n          createdAt\n          settledAt\n          failure {\n            code\n            message\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": typeof types.MemberOperationsDocument,
    "query PixAuthorization($recurrenceId: RecurrenceId!) {\n  pixAuthorization(recurrenceId: $recurrenceId) {\n    recurrenceId\n    status\n    amount {\n      amount\n      currency\n    }\n    payer {\n      personType\n      document\n      name\n    }\n    beneficiary {\n      personType\n      document\n      name\n    }\n    cancellations {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n  }\n}": typeof types.PixAuthorizationDocument,
};
const documents: Documents = {
    "mutation CancelPixAuthorization($input: CancelPixAuthorizationInput!) {\n  cancelPixAuthorization(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    pixCancellation {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n    authorization {\n      recurrenceId\n      status\n    }\n  }\n}": types.CancelPixAuthorizationDocument,
    "mutation ChangeOffer($input: ChangeOfferInput!) {\n  changeOffer(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    user {\n      id\n      enrollment {\n        status\n      }\n      currentOffer {\n        offer {\n          id\n          name\n        }\n      }\n    }\n  }\n}": types.ChangeOfferDocument,
    "query MemberBenefits {\n  me {\n    id\n    enrollment {\n      status\n    }\n    currentOffer {\n      status\n      nextBillingAt\n      offer {\n        id\n        name\n        price {\n          amount\n          currency\n        }\n        billingPeriod\n      }\n    }\n    benefits {\n      id\n      userId\n      name\n      status\n      coverage {\n        amount\n        currency\n      }\n      pendingSwap {\n        direction\n        at\n      }\n    }\n    availableOffers {\n      id\n      name\n      price {\n        amount\n        currency\n      }\n    }\n  }\n}": types.MemberBenefitsDocument,
    "query MemberOperations($first: Int! = 10, $after: String) {\n  me {\n    id\n    operations(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          id\n          kind\n          status\n          createdAt\n          settledAt\n          failure {\n            code\n            message\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": types.MemberOperationsDocument,
    "query PixAuthorization($recurrenceId: RecurrenceId!) {\n  pixAuthorization(recurrenceId: $recurrenceId) {\n    recurrenceId\n    status\n    amount {\n      amount\n      currency\n    }\n    payer {\n      personType\n      document\n      name\n    }\n    beneficiary {\n      personType\n      document\n      name\n    }\n    cancellations {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n  }\n}": types.PixAuthorizationDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CancelPixAuthorization($input: CancelPixAuthorizationInput!) {\n  cancelPixAuthorization(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    pixCancellation {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n    authorization {\n      recurrenceId\n      status\n    }\n  }\n}"): (typeof documents)["mutation CancelPixAuthorization($input: CancelPixAuthorizationInput!) {\n  cancelPixAuthorization(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    pixCancellation {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n    authorization {\n      recurrenceId\n      status\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation ChangeOffer($input: ChangeOfferInput!) {\n  changeOffer(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    user {\n      id\n      enrollment {\n        status\n      }\n      currentOffer {\n        offer {\n          id\n          name\n        }\n      }\n    }\n  }\n}"): (typeof documents)["mutation ChangeOffer($input: ChangeOfferInput!) {\n  changeOffer(input: $input) {\n    operation {\n      id\n      status\n    }\n    userErrors {\n      code\n      message\n      retryable\n    }\n    user {\n      id\n      enrollment {\n        status\n      }\n      currentOffer {\n        offer {\n          id\n          name\n        }\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query MemberBenefits {\n  me {\n    id\n    enrollment {\n      status\n    }\n    currentOffer {\n      status\n      nextBillingAt\n      offer {\n        id\n        name\n        price {\n          amount\n          currency\n        }\n        billingPeriod\n      }\n    }\n    benefits {\n      id\n      userId\n      name\n      status\n      coverage {\n        amount\n        currency\n      }\n      pendingSwap {\n        direction\n        at\n      }\n    }\n    availableOffers {\n      id\n      name\n      price {\n        amount\n        currency\n      }\n    }\n  }\n}"): (typeof documents)["query MemberBenefits {\n  me {\n    id\n    enrollment {\n      status\n    }\n    currentOffer {\n      status\n      nextBillingAt\n      offer {\n        id\n        name\n        price {\n          amount\n          currency\n        }\n        billingPeriod\n      }\n    }\n    benefits {\n      id\n      userId\n      name\n      status\n      coverage {\n        amount\n        currency\n      }\n      pendingSwap {\n        direction\n        at\n      }\n    }\n    availableOffers {\n      id\n      name\n      price {\n        amount\n        currency\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query MemberOperations($first: Int! = 10, $after: String) {\n  me {\n    id\n    operations(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          id\n          kind\n          status\n          createdAt\n          settledAt\n          failure {\n            code\n            message\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}"): (typeof documents)["query MemberOperations($first: Int! = 10, $after: String) {\n  me {\n    id\n    operations(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          id\n          kind\n          status\n          createdAt\n          settledAt\n          failure {\n            code\n            message\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query PixAuthorization($recurrenceId: RecurrenceId!) {\n  pixAuthorization(recurrenceId: $recurrenceId) {\n    recurrenceId\n    status\n    amount {\n      amount\n      currency\n    }\n    payer {\n      personType\n      document\n      name\n    }\n    beneficiary {\n      personType\n      document\n      name\n    }\n    cancellations {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n  }\n}"): (typeof documents)["query PixAuthorization($recurrenceId: RecurrenceId!) {\n  pixAuthorization(recurrenceId: $recurrenceId) {\n    recurrenceId\n    status\n    amount {\n      amount\n      currency\n    }\n    payer {\n      personType\n      document\n      name\n    }\n    beneficiary {\n      personType\n      document\n      name\n    }\n    cancellations {\n      id\n      recurrenceId\n      reason\n      reasonCode\n      cancelledAt\n    }\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;