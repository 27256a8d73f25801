import { type Account } from "./account.state";
import { offers } from "./offers";

const getOfferRank = (account: Account | undefined) => offers.findIndex(({ id }) => id === account?.currentOffer?.id);

/** The documented events that an effect causes (D: names and meanings), in order. */
export function eventsOfChange(endpoint: string, before: Account | undefined, after: Account): string[] {
  switch (endpoint) {
    case "prefill":
      return ["enrollment_request_received"];
    case "create":
      return ["enrollment_successful", ...(after.currentOffer === null ? [] : ["offer_activation_successful"])];
    case "offers":
      return getOfferRank(after) > getOfferRank(before) ? ["offer_upgrade_successful"] : [];
    default:
      return [];
  }
}
