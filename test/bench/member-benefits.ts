/** What is measured: the example query, without what only our ledger knows. One call to the provider answers it. */
export const QUERY = `query MemberBenefits {
  me {
    id
    currentOffer { status nextBillingAt offer { name price { amount currency } billingPeriod } }
    benefits { id name status coverage { amount currency } pendingSwap { direction at } }
    availableOffers { id name price { amount currency } }
  }
}`;

/** What the servers of the comparison are told. */
export interface ServerArguments {
  readonly avibraUrl: string;
  /** The public key of the callers' tokens, as a JWK. */
  readonly publicKey: string;
}

/** Avibra's answer, as far as it is read. */
export interface Wire {
  readonly currentoffer: {
    offerid: string;
    offername: string;
    offerstatus: string;
    nextbillingattimestamp: unknown;
  } | null;
  readonly offers: { offerid: string; offername: string; price: string; currency: string; billingperiod: string }[];
  readonly benefits: {
    benefitid: string;
    benefitname: string;
    status: string;
    coverageamount: string | null;
    currency: string;
    swapeffectiveattimestamp?: unknown;
    swapexpiresattimestamp?: unknown;
  }[];
}

const KNOWN = ["ACTIVE", "ELIGIBLE", "PENDING", "INACTIVE"];

function time(value: unknown): string | null {
  if (value === undefined || value === null || value === "" || value === 0) return null;
  return new Date(typeof value === "number" && value < 1e11 ? value * 1000 : (value as string | number)).toISOString();
}

/** The query's answer from Avibra's: what both servers of the comparison do, in a few plain lines. */
export function toMember(id: string, { currentoffer, offers, benefits }: Wire) {
  const listed = offers.find(({ offerid }) => offerid === currentoffer?.offerid);
  const priced = (price: string, currency: string) => ({ amount: price, currency });
  return {
    id,
    currentOffer: currentoffer && {
      status: currentoffer.offerstatus,
      nextBillingAt: time(currentoffer.nextbillingattimestamp),
      offer: {
        name: currentoffer.offername,
        price: listed ? priced(listed.price, listed.currency) : null,
        billingPeriod: listed?.billingperiod ?? null,
      },
    },
    benefits: benefits.map((benefit) => {
      const [adding, removing] = [time(benefit.swapeffectiveattimestamp), time(benefit.swapexpiresattimestamp)];
      return {
        id: benefit.benefitid,
        name: benefit.benefitname,
        status: KNOWN.includes(benefit.status.toUpperCase()) ? benefit.status.toUpperCase() : "UNKNOWN",
        coverage: benefit.coverageamount === null ? null : priced(benefit.coverageamount, benefit.currency),
        pendingSwap: adding
          ? { direction: "ADDING", at: adding }
          : removing
            ? { direction: "REMOVING", at: removing }
            : null,
      };
    }),
    availableOffers: offers.map((offer) => ({
      id: offer.offerid,
      name: offer.offername,
      price: priced(offer.price, offer.currency),
    })),
  };
}

/** The sandbox's client credentials, as a form. */
export const TOKEN_FORM = new URLSearchParams({
  grant_type: "client_credentials",
  client_id: "sandbox-client",
  client_secret: "sandbox-client-secret",
  scope: "partner/api",
}).toString();
