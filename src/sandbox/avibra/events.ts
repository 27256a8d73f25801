import { type Account } from "./account.state";
import { offers } from "./offers";

const rankOf = (account: Account | undefined) => offers.findIndex(({ id }) => id === account?.currentOffer?.id);

/** The documented events that one effect brings (D: names and meanings), in their order. */
export function eventsAfter(endpoint: string, before: Account | undefined, after: Account): string[] {
  switch (endpoint) {
    case "prefill":
      return ["enrollment_request_received"];
    case "create":
      return ["enrollment_successful", ...(after.currentOffer === null ? [] : ["offer_activation_successful"])];
    case "offers":
      return rankOf(after) > rankOf(before) ? ["offer_upgrade_successful"] : [];
    default:
      return [];
  }
}
