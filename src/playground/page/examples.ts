/** An operation that the playground opens in a tab of its own; the operation's name is the tab's title. */
interface Example {
  readonly query: string;
  readonly variables?: string;
}

const memberBenefits = `# A member's benefits, current offer and
# available offers: one call to the provider.
query MemberBenefits {
  me {
    id
    enrollment {
      status
    }
    currentOffer {
      status
      offer {
        name
        price {
          amount
          currency
        }
        billingPeriod
      }
      nextBillingAt
    }
    benefits {
      id
      name
      status
      coverage {
        amount
        currency
      }
      pendingSwap {
        direction
        at
      }
    }
    availableOffers {
      id
      name
      price {
        amount
        currency
      }
    }
  }
}
`;

const pixAuthorization = `# An Automatic Pix authorization,
# for its payer or its beneficiary.
query PixAuthorization($recurrenceId: RecurrenceId!) {
  pixAuthorization(recurrenceId: $recurrenceId) {
    recurrenceId
    status
    amount {
      amount
      currency
    }
    payer {
      personType
      document
      name
    }
    beneficiary {
      personType
      document
      name
    }
    cancellations {
      id
      reason
      reasonCode
      cancelledAt
    }
  }
}
`;

const changeOffer = `# Press it twice: the same idempotencyKey has
# one effect and answers what became of it.
mutation ChangeOffer($input: ChangeOfferInput!) {
  changeOffer(input: $input) {
    operation {
      id
      status
    }
    userErrors {
      code
      message
      retryable
    }
    user {
      id
      enrollment {
        status
      }
      currentOffer {
        offer {
          id
          name
        }
      }
    }
  }
}
`;

const cancelPixAuthorization = `# Exactly once. UNCONFIRMED would mean: the
# answer was lost and is being found out.
mutation CancelPixAuthorization($input: CancelPixAuthorizationInput!) {
  cancelPixAuthorization(input: $input) {
    operation {
      id
      status
    }
    userErrors {
      code
      message
      retryable
    }
    pixCancellation {
      id
      reason
      reasonCode
      cancelledAt
    }
    authorization {
      status
    }
  }
}
`;

// New with every opening of the page; pressed twice it is the same, which is what it shows.
const opening = Date.now().toString(36);

const variables = (values: object) => JSON.stringify(values, undefined, 2);

/** The tabs of a new session, in order. The first has no variables: GraphiQL would open it without them. */
export const examples: readonly [Example & { readonly variables?: never }, ...Example[]] = [
  { query: memberBenefits },
  { query: pixAuthorization, variables: variables({ recurrenceId: "RR0435879820240605njua7shf40o" }) },
  {
    query: changeOffer,
    variables: variables({
      input: { idempotencyKey: `change-${opening}`, userId: "u-1001", offerId: "premium", direction: "UPGRADE" },
    }),
  },
  {
    query: cancelPixAuthorization,
    variables: variables({
      input: {
        idempotencyKey: `cancel-${opening}`,
        recurrenceId: "RR0435879820240605njua7shf40o",
        requesterType: "NATURAL",
        requesterDocument: "04623217035",
        reason: "REQUESTED_BY_PAYER",
      },
    }),
  },
];
