import { type Inbox } from "../../platform/inbox/inbox.store";
import { type MessagePage } from "../../platform/inbox/message.type";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { asBadCursor, identifyPage, type PageKey } from "../page/page.type";

/** What the inbox holds, whoever asks: whether the caller may see it is decided where it is shown. */
export interface EventLoaders {
  /** A page of what Avibra told of a member. Throws `BAD_USER_INPUT` for a cursor that is none. */
  readonly eventsOfUser: Loader<PageKey, MessagePage>;
}

export interface EventLoadersOptions {
  readonly inbox: Inbox;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

export function createEventLoaders({ inbox, concurrency, budget }: EventLoadersOptions): EventLoaders {
  return {
    eventsOfUser: createLoader({
      loadOne: ({ userId, first, after }: PageKey) =>
        inbox.list({ subject: userId, first, ...(after !== undefined && { after }) }).catch(asBadCursor),
      concurrency,
      budget,
      identify: identifyPage,
    }),
  };
}
