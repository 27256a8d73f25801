import { type Inbox } from "../../platform/inbox/inbox";
import { type MessagePage } from "../../platform/inbox/message";
import { type ResponseBudget } from "../../platform/graphql/limits/response-budget";
import { type RequestBudget } from "../../platform/reads/request-budget";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { throwAsBadCursor, serializePageKey, type PageKey } from "../page/public";

/** Reads of the inbox. They do not check access: the resolvers do. */
export interface EventLoaders {
  /** A page of a member's events. Throws `BAD_USER_INPUT` for an invalid cursor. */
  readonly eventsOfUser: Loader<PageKey, MessagePage>;
}

export interface EventLoadersOptions {
  readonly inbox: Inbox;
  readonly concurrency: number;
  readonly budget: RequestBudget;
  /** Charged for each loaded row. Throws, and nothing is loaded, if it is exceeded. */
  readonly responseBudget: Pick<ResponseBudget, "chargeRows" | "assertWithin">;
}

export function createEventLoaders({ inbox, concurrency, budget, responseBudget }: EventLoadersOptions): EventLoaders {
  return {
    eventsOfUser: createLoader({
      async loadOne({ userId, first, after }: PageKey) {
        responseBudget.assertWithin();
        const query = { subject: userId, first, ...(after !== undefined && { after }) };
        const page = await inbox.list(query).catch(throwAsBadCursor);
        responseBudget.chargeRows(page.items.length);
        return page;
      },
      concurrency,
      budget,
      cacheKeyFn: serializePageKey,
    }),
  };
}
