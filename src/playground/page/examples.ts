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

/** The tabs of a new session, in order. The first has no variables: GraphiQL would open it without them. */
export const examples: readonly [Example & { readonly variables?: never }, ...Example[]] = [
  { query: memberBenefits },
  { query: pixAuthorization, variables: '{\n  "recurrenceId": "RR0435879820240605njua7shf40o"\n}' },
];
