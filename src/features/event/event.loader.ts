import { type Inbox } from "../../platform/inbox/inbox";
import { type MessagePage } from "../../platform/inbox/message";
import { type ResponseBudget } from "../../platform/graphql/limits/response-budget";
import { type CallBudget } from "../../platform/reads/call-budget";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { throwAsBadCursor, serializePageKey, type PageKey } from "../page/public";

/** What the inbox holds, whoever asks: whether the caller may see it is decided where it is shown. */
export interface EventLoaders {
  /** A page of what Avibra told of a member. Throws `BAD_USER_INPUT` for a cursor that is none. */
  readonly eventsOfUser: Loader<PageKey, MessagePage>;
}

export interface EventLoadersOptions {
  readonly inbox: Inbox;
  readonly concurrency: number;
  readonly budget: CallBudget;
  /** What the rows are charged to; nothing is looked up once it is over. */
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
